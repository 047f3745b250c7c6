#!/usr/bin/env bash
# Everything Home Assistant does can be done by hand. HOST: the broker; ID: the device's MAC in lower case without separators.
set -euo pipefail
HOST=${HOST:-localhost}
ID=${ID:?set ID to a device, such as 98254a000001}

mosquitto_sub -h "$HOST" -t "tplink2mqtt/$ID/state" -C 1                                   # how it is
mosquitto_pub -h "$HOST" -t "tplink2mqtt/$ID/state/set" -m ON                              # switch a plug on
mosquitto_pub -h "$HOST" -t "tplink2mqtt/$ID/set" -m '{"privacy":"ON","transaction":1}'    # several at once, with a mark
mosquitto_sub -h "$HOST" -t "tplink2mqtt/$ID/result" -W 10                                 # what came of it
mosquitto_sub -h "$HOST" -t "tplink2mqtt/$ID/snapshot" -C 1 > picture.jpg                  # the last picture of a camera
mosquitto_pub -h "$HOST" -t tplink2mqtt/bridge/request/device/discover -m '{}'             # search; the answer comes on .../response/...
