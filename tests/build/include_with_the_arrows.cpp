#include "host/observe/clock.hpp"  // net → observe
