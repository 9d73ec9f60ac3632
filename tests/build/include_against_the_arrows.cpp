#include "host/script/vm.hpp"  // net must not know of scripts
