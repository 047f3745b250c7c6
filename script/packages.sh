# Debian packages by purpose; sourced by the other scripts. The Dockerfile of the add-on lists the run-time ones.
packages_build="g++ cmake ninja-build pkg-config ccache git ca-certificates nodejs npm libssl-dev zlib1g-dev libbrotli-dev libcpp-httplib-dev libpaho-mqttpp-dev
    libpaho-mqtt-dev libboost-json1.81-dev libexpected-dev libspdlog-dev libyaml-cpp-dev"
packages_media="libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev libgstrtspserver-1.0-dev
    gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly
    gstreamer1.0-nice gstreamer1.0-libav gstreamer1.0-tools"
packages_test="libgtest-dev libgmock-dev mosquitto mosquitto-clients ffmpeg openssl python3"
packages_browser="chromium"
packages_fuzz="clang libclang-rt-14-dev"
packages_lint="clang-format"
