// What holds for all ops on a device of type GPU, and for the device itself.
#include "cuda/emulation/device/gpu_ops.h"

#include <filesystem>

#include "cluster/gpu_memory.h"
#include "tensorflow/core/framework/kernel_def.pb.h"
#include "tensorflow/core/framework/op_kernel.h"

// Of fake_gpu.cc.
extern float icconv_fake_gpu_limit;

namespace {

using namespace icconv;
using namespace icconv::gpu_ops;

// What the driver says of it, as the benchmark's roofline takes it.
TEST(gpu_ops_device) {
    const auto first_gpu = reinterpret_cast<bool (*)(int32_t(&)[5])>(dlsym(RTLD_DEFAULT, "icconv_first_gpu"));
    int32_t values[5] = {};
    EXPECT(first_gpu(values));
    EXPECT(values[0] == 90 && values[1] == 2 && values[2] == 1000000 && values[3] == 2000000 && values[4] == 384);
}

// What TensorFlow's C interface is given, byte by byte, and that the device is made with it.
TEST(gpu_ops_memory_limit) {
    // gpu_options = 6 { experimental = 9 { virtual_devices = 1 { memory_limit_mb = 1: packed floats } } }
    const std::string config = gpu_memory_config(2048);
    EXPECT(config == std::string("\x32\x0a\x4a\x08\x0a\x06\x0a\x04\x00\x00\x00\x45", 12));
    Status status;
    TFE_ContextOptions* const options = TFE_NewContextOptions();
    TFE_ContextOptionsSetConfig(options, config.data(), config.size(), status);
    status.need("config");
    icconv_fake_gpu_limit = 0;
    TFE_Context* const limited = TFE_NewContext(options, status);
    status.need("limited context");
    EXPECT(icconv_fake_gpu_limit == 2048);
    TFE_DeleteContext(limited);
    TFE_DeleteContextOptions(options);
}

// From a picture's bytes to people, and to pooled features of boxes, without a copy that is not an op's own: the context refuses every other.
TEST(gpu_ops_stay_on_the_device) {
    const auto next = [](const char* name, const std::vector<std::pair<std::string, Attribute>>& attributes,
                         const std::vector<TFE_TensorHandle*>& inputs, int outputs = 1) {
        std::string failure;
        const std::vector<TFE_TensorHandle*> handles = execute(name, attributes, inputs, outputs, kGpu, &failure);
        if (!failure.empty()) std::printf("%s: %s\n", name, failure.c_str());
        EXPECT(failure.empty());
        return handles;
    };
    const auto host = [](std::vector<int64_t> shape, std::vector<int32_t> ints) {
        const bool empty = ints.empty();
        return place({std::move(shape), {}, std::move(ints), true, empty}, kCpu);
    };
    const auto device = [](const Values& values) { return place(values, kGpu); };
    const auto image = next("IcconvImageBatch",
                            {{"N", int64_t{1}}, {"scale", std::vector<float>{0.01f, 0.01f, 0.01f}}, {"bias", std::vector<float>{0, 0, 0}},
                             {"fill", std::vector<float>{0, 0, 0}}, {"reversed", false}, {"antialias", true}, {"round", false}, {"opencv", false}},
                            {host({48}, std::vector<int32_t>(48, 0x20a04010)), host({1, 2}, {8, 8}), host({1, 6}, {0, 0, 0, 0, 12, 12}),
                             place(bits_of({0.6, 0, 0, 0, 0.6, 0}), kCpu), host({0}, {}), host({3}, {1, 12, 12})});
    const std::vector<int64_t> dilations = {1, 1, 2, 2, 1, 3, 1, 1}, strides = {1, 1};
    const auto packed = next("IcconvInceptionConv2DPack", {{"dilations", dilations}, {"strides", strides}}, {device(random_values({3, 3, 3, 4}))});
    const auto features = next("IcconvInceptionConv2DPacked", {{"dilations", dilations}, {"strides", strides}, {"kernel_size", int64_t{3}}},
                               {image[0], packed[0], device(random_values({4}))});
    const auto finished = next("IcconvConvFinish", {{"activation", std::string("linear")}}, {features[0], device(random_values({4})), features[0]});
    const auto maps = next("IcconvAggregateKeypointMaps",
                           {{"N", int64_t{1}}, {"keypoints", int64_t{2}}, {"flip_index", std::vector<int64_t>{1, 0}}, {"tags_from", int64_t{0}}},
                           {finished[0], host({2}, {24, 24})}, 2);
    next("IcconvGroupKeypoints",
         {{"nms_kernel", int64_t{5}}, {"max_people", int64_t{4}}, {"detection_threshold", 0.0f}, {"tag_threshold_bits", std::vector<int64_t>{0, 0x3ff00000}},
          {"use_detection_val", true}, {"ignore_too_much", false}, {"adjust", true}, {"refine", true}, {"joint_order", std::vector<int64_t>{0, 1}}},
         {maps[0], maps[1]}, 2);
    const auto pooled = next("IcconvRoiAlign",
                             {{"sampling_ratio", int64_t{2}}, {"aligned", true}, {"scales", std::vector<float>{1}}, {"pooled_height", int64_t{2}},
                              {"pooled_width", int64_t{2}}, {"N", int64_t{1}}},
                             {device({{1, 5}, {0, 1, 2, 9, 8}, {}}), host({0}, {}), finished[0]});
    EXPECT(read(pooled[0]).device == kGpu);
}

// What stands in the way is named, with what brings it.
std::string failure_of_one_call() {
    const std::vector<std::pair<std::string, Attribute>> attributes = {{"dilations", std::vector<int64_t>{1, 1}}};
    return run("IcconvInceptionConv2D", attributes, {random_values({1, 2, 2, 1}), random_values({1, 1, 1, 1}), random_values({1})}, 1, kGpu)[0].failure;
}
TEST(without_driver) {
    const std::string failure = failure_of_one_call();
    EXPECT(failure.find("libcuda.so.1 is not found") != std::string::npos && failure.find("remedy: install NVIDIA's driver") != std::string::npos);
}

TEST(without_nvrtc) {
    const std::string failure = failure_of_one_call();
    EXPECT(failure.find("libnvrtc.so.12 is not found") != std::string::npos && failure.find("remedy: npx icconv setup --device cuda") != std::string::npos);
}

// The next process compiles nothing.
TEST(gpu_ops_are_cached) {
    EXPECT(failure_of_one_call().empty());
    size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(std::getenv("ICCONV_CACHE")) / "cubins")) {
        files += entry.path().extension() == ".cubin" && entry.file_size() > 1000;
    }
    EXPECT(files > 0);
}

// Every op of ours has a GPU kernel, as the runtime knows them, which these tests run, but those in whose place TypeScript takes TensorFlow's there.
TEST(gpu_ops_all_are_tested) {
    std::set<std::string> known, of_cpu_alone;
    const tensorflow::KernelList all = tensorflow::GetAllRegisteredKernels();
    for (const auto& kernel : all.kernel()) {
        if (kernel.op().rfind("Icconv", 0) == 0) (kernel.device_type() == "GPU" ? known : of_cpu_alone).insert(kernel.op());
    }
    for (const std::string& op : known) of_cpu_alone.erase(op);
    EXPECT((of_cpu_alone == std::set<std::string>{"IcconvConv2D", "IcconvConv2DForward", "IcconvConv2DGradFilter", "IcconvConv2DGradInput",
                                                  "IcconvConv2DPack", "IcconvConvProgram", "IcconvDilationErrors",
                                                  "IcconvMaxPool2D", "IcconvMaxPool2DGrad"}));
    const std::set<std::string> tested = {"IcconvAdamUpdate", "IcconvAggregateKeypointMaps", "IcconvBatchNorm", "IcconvBatchNormGrad",
                                          "IcconvBoxCandidates", "IcconvConvFinish", "IcconvCropMasks", "IcconvDilationSums", "IcconvGlobalNorm",
                                          "IcconvGroupKeypoints", "IcconvImageBatch",
                                          "IcconvInceptionConv2D", "IcconvInceptionConv2DPack", "IcconvInceptionConv2DPacked",
                                          "IcconvInceptionConv2DGradInput", "IcconvInceptionConv2DGradFilter", "IcconvLinearCombination",
                                          "IcconvNms", "IcconvPasteMasks", "IcconvRoiAlign", "IcconvRoiAlignGrad", "IcconvSgdUpdate"};
    for (const std::string& op : known) {
        if (tested.count(op) == 0) std::printf("%s has a GPU kernel and no test\n", op.c_str());
    }
    EXPECT(known == tested);
}

}  // namespace
