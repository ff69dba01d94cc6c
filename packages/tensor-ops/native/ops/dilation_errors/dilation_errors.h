// Expected absolute error of a super-convolution's output for every dilation that lies in its kernel. README.md has the formula.
//
// N images, H x W input map, OH x OW output map, C input and O output channels, G groups, D largest dilation, k = 2r + 1 the kernel that
// is searched for, K = 2rD + 1 the super-kernel. All tensors are dense float32. Arguments are trusted: the callers check them.
#ifndef ICCONV_OPS_DILATION_ERRORS_H_
#define ICCONV_OPS_DILATION_ERRORS_H_

#include "common/executor.h"

namespace icconv {

struct DilationErrorsParams {
    int batch;
    int in_h;
    int in_w;
    int in_c;
    int out_c;
    int groups;
    int stride_h;
    int stride_w;
    int max_dilation;  // D
    int radius;        // r

    int reach() const { return radius * max_dilation; }
    int side() const { return 2 * reach() + 1; }
    int dilations() const { return max_dilation * max_dilation; }
    int out_h() const { return (in_h - 1) / stride_h + 1; }
    int out_w() const { return (in_w - 1) / stride_w + 1; }
};

struct DilationErrorsResult {
    float* y;       // [N, OH, OW, O]
    float* errors;  // [D * D, O], (1, 1), (1, 2), ..., (D, D)
    float* whole;   // [O]
};

// x [N,H,W,C], filter [K,K,C/G,O]. N, H, W at least 1.
void dilation_errors(const DilationErrorsParams& params, const float* x, const float* filter, const DilationErrorsResult& result,
                     Executor& executor);

}  // namespace icconv

#endif  // ICCONV_OPS_DILATION_ERRORS_H_
