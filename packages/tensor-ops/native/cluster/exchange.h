// TensorFlow's collective operations: each ends when all workers have called it with the same keys.
#pragma once

#include "binding.h"

namespace cluster {

struct Call {
    int32_t size, group, instance;
    double timeout;  // seconds
    std::string cpu;
    bool source;
};

// The mean over all workers of each tensor, float32: of all tensors together, as one message.
Handles all_reduce_mean(Handles tensors, const Call& call);
// One tensor of the worker whose call is the source; a receiver's says the shape.
Handles broadcast(Handles tensors, const Call& call);
// One tensor, joined along its first axis.
Handles gather(Handles tensors, const Call& call);

}  // namespace cluster
