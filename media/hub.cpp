#include "media/hub.hpp"
