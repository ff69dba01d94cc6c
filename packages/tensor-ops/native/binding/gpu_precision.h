// The precision of products on a GPU, for all ops of the process.
#ifndef ICCONV_BINDING_GPU_PRECISION_H_
#define ICCONV_BINDING_GPU_PRECISION_H_

#include "cuda/precision.h"

namespace icconv {

// Tells TensorFlow whether its own convolutions and matrix products may take TF32; there is no more that it can be told.
void set_gpu_precision(Precision precision);

// TensorFlow's own setting where no halves are asked for, whoever set it.
Precision gpu_precision();

// That of training, which halves are too coarse for without a scale of the loss.
inline Precision gpu_training_precision() { return gpu_precision() == Precision::kFloat32 ? Precision::kFloat32 : Precision::kTf32; }

}  // namespace icconv

#endif  // ICCONV_BINDING_GPU_PRECISION_H_
