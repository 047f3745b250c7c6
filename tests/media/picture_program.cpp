// Stands for the gateway's executable. A word other than the usual one makes it misbehave: "crash", "hang", "babble".
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string_view>

#include "media/still/picture_process.hpp"

int main(int argc, char** argv) {
    const std::string_view word = argc > 1 ? argv[1] : "";
    if (word == "crash") {
        char byte = 0;
        (void)!::read(STDIN_FILENO, &byte, 1);
        ::raise(SIGKILL);
    }
    if (word == "hang") ::pause();
    if (word == "babble") {
        constexpr std::string_view kNonsense = "\xff\xff\xff\xff\xff\xff\xff\xff and so on";
        (void)!::write(STDIN_FILENO, kNonsense.data(), kNonsense.size());
    }
    return tplink::media::serve_pictures(STDIN_FILENO);
}
