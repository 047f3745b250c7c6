#pragma once
// Owned references to GLib and GStreamer objects. For .cpp files of this folder: the heavy headers come with it.

#include <gst/gst.h>

#include <memory>
#include <string>

namespace tplink::media {

struct GObjectUnref {
    void operator()(gpointer object) const { g_object_unref(object); }
};
struct GstMiniUnref {
    void operator()(gpointer object) const { gst_mini_object_unref(GST_MINI_OBJECT_CAST(object)); }
};
struct GFree {
    void operator()(gpointer memory) const { g_free(memory); }
};

/// One owned reference of a GObject (elements, pads, RTSP objects).
template <class T> using GPtr = std::unique_ptr<T, GObjectUnref>;
/// One owned reference of a buffer, caps or message.
template <class T> using MiniPtr = std::unique_ptr<T, GstMiniUnref>;
using GText = std::unique_ptr<char, GFree>;

/// A further reference of an object that belongs to somebody else.
template <class T> GPtr<T> share(T* object) { return GPtr<T>(static_cast<T*>(g_object_ref(object))); }

/// Takes over a text of GLib and frees it; empty for null.
inline std::string take_text(char* text) {
    const GText owned(text);
    return owned ? std::string(owned.get()) : std::string();
}

/// Takes over the error, if any, and gives its message.
inline std::string take_message(GError* error) {
    if (error == nullptr) return "no reason given";
    std::string text = error->message;
    g_error_free(error);
    return text;
}

}  // namespace tplink::media
