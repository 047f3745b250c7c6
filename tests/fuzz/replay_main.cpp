// Runs a fuzz target over every file of the folders named on the command line, so that the corpus and old crashes
// are ordinary tests in a build without libFuzzer. Fails when a folder is missing or holds nothing.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int main(int argc, char** argv) {
    std::size_t runs = 0;
    for (int i = 1; i < argc; ++i) {
        std::error_code ec;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[i], ec)) {
            if (!entry.is_regular_file()) continue;
            std::ifstream file(entry.path(), std::ios::binary);
            const std::vector<char> bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
            const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
            LLVMFuzzerTestOneInput(data, bytes.size());
            for (std::size_t cut = 0; cut < bytes.size() && cut < 64; ++cut) LLVMFuzzerTestOneInput(data, bytes.size() - cut - 1);
            ++runs;
        }
        if (ec) std::fprintf(stderr, "%s: %s\n", argv[i], ec.message().c_str());
    }
    std::printf("%zu corpus files replayed\n", runs);
    return runs == 0 ? 1 : 0;
}
