// The loadable plugin: `gst-launch-1.0 tplinksrc location=tapo://... ! tplinkdemux ! ...` for anybody.

#include "media/elements/register.hpp"

namespace {

gboolean init(GstPlugin* plugin) { return tplink::media::register_elements(plugin) ? TRUE : FALSE; }

}  // namespace

#define PACKAGE "tplink2mqtt"
GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, tplink, "Video of TP-Link Tapo and VIGI cameras", init, TPLINK_VERSION,
                  "MIT/X11", "tplink2mqtt", "tplink2mqtt")
