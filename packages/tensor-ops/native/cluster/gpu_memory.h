// A limit on the memory that TensorFlow takes of a GPU, as its context is told of it: the same setting as tf.config.LogicalDeviceConfiguration.
#ifndef ICCONV_CLUSTER_GPU_MEMORY_H_
#define ICCONV_CLUSTER_GPU_MEMORY_H_

#include <string>

#include "tensorflow/core/protobuf/config.pb.h"

namespace icconv {

// A serialized ConfigProto for TFE_ContextOptionsSetConfig: one device of `mib` MiB on the first GPU, of which TensorFlow takes them at once.
// A share (per_process_gpu_memory_fraction) would depend on what the GPU has, and TensorFlow takes more where a share is too little for it.
inline std::string gpu_memory_config(int mib) {
    tensorflow::ConfigProto config;
    config.mutable_gpu_options()->mutable_experimental()->add_virtual_devices()->add_memory_limit_mb(static_cast<float>(mib));
    return config.SerializeAsString();
}

}  // namespace icconv

#endif  // ICCONV_CLUSTER_GPU_MEMORY_H_
