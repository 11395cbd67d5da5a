#include "lib/sampling/weights.h"

namespace talaria::sampling {

const ExpConstants kExpConstants = {
    Spread<Floats>(1.44269504f),
    Spread<Floats>(12582912.0f),
    Spread<Floats>(0.693359375f),
    Spread<Floats>(-2.12194440e-4f),
    {Spread<Floats>(1.0f / 5040), Spread<Floats>(1.0f / 720), Spread<Floats>(1.0f / 120),
     Spread<Floats>(1.0f / 24), Spread<Floats>(1.0f / 6), Spread<Floats>(0.5f)},
    Spread<Floats>(1.0f),
    {0x4B400000 - 127, 0x4B400000 - 127, 0x4B400000 - 127, 0x4B400000 - 127},
};

}  // namespace talaria::sampling
