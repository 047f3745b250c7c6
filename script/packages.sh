# Debian packages by purpose; sourced by the other scripts and by addon/Dockerfile.
packages_build="g++ cmake ninja-build pkg-config ccache git ca-certificates nodejs npm libssl-dev zlib1g-dev libbrotli-dev libcpp-httplib-dev libpaho-mqttpp-dev
    libpaho-mqtt-dev libboost-json1.81-dev libexpected-dev libspdlog-dev libyaml-cpp-dev libpugixml-dev"
packages_media="libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev libgstrtspserver-1.0-dev
    gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly
    gstreamer1.0-nice gstreamer1.0-libav gstreamer1.0-tools"
packages_test="libgtest-dev libgmock-dev mosquitto mosquitto-clients ffmpeg openssl python3 python3-yaml iproute2"
packages_browser="chromium"
packages_fuzz="clang libclang-rt-14-dev"
packages_lint="clang-format"
packages_runtime="ca-certificates tzdata libstdc++6 libssl3 zlib1g libbrotli1 libcpp-httplib0.11 libpaho-mqttpp3-1 libpaho-mqtt1.3 libboost-json1.81.0
    libspdlog1.10 libfmt9 libyaml-cpp0.7 libpugixml1v5"
packages_runtime_media="libgstreamer1.0-0 libgstreamer-plugins-base1.0-0 gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad
    gstreamer1.0-nice gstreamer1.0-libav"
packages_rootfs="debootstrap"
packages_package="dpkg-dev lintian file"
