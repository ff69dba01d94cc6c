#include "ops/conv_program/conv_program.h"

#include <algorithm>
#include <limits>
#include <sstream>

#include "common/memory.h"
#include "common/sizes.h"
#include "ops/conv2d/conv2d.h"
#include "ops/max_pool2d/max_pool2d.h"

namespace icconv {
namespace {

constexpr int kMost = std::numeric_limits<int32_t>::max();
// Steps of a program or channels of a layer, far beyond any.
constexpr int kMostParts = 1 << 20;

// Reads numbers in order; anything out of bounds makes it fail for good.
class Reader {
public:
    Reader(const int32_t* code, size_t size) : at_(code), end_(code + size) {}

    int next(int least, int most) {
        if (at_ == end_ || *at_ < least || *at_ > most) {
            good_ = false;
            return least;
        }
        return *at_++;
    }
    bool good() const { return good_; }
    bool more() const { return good_ && at_ != end_; }

private:
    const int32_t* at_;
    const int32_t* end_;
    bool good_ = true;
};

template <typename... Args>
bool fail(std::string* problem, const Args&... args) {
    std::ostringstream message;
    (message << ... << args);
    *problem = message.str();
    return false;
}

void add_maps(const float* a, const float* b, bool relu, size_t size, float* y, Executor& executor) {
    constexpr size_t kRun = 1 << 14;
    executor.run(static_cast<int>((size + kRun - 1) / kRun), [&](int task) {
        const size_t end = std::min(size, (task + 1) * kRun);
        for (size_t i = task * kRun; i < end; ++i) {
            const float sum = a[i] + b[i];
            y[i] = relu && sum < 0 ? 0 : sum;
        }
    });
}

}  // namespace

std::unique_ptr<ConvProgram> ConvProgram::parse(const int32_t* code, size_t size, int parameters, std::string* problem) {
    auto program = std::make_unique<ConvProgram>();
    Reader reader(code, size);
    const int count = reader.next(1, kMostParts);
    for (int index = 0; index < count && reader.good(); ++index) {
        Step step{};
        step.kind = static_cast<Kind>(reader.next(1, 4));
        // Value v is made by step v - 1.
        step.input = reader.next(0, index);
        step.other = reader.next(step.kind == Kind::kAdd ? 0 : -1, index);
        step.filter = reader.next(-1, parameters - 1);
        step.bias = reader.next(-1, parameters - 1);
        step.relu = reader.next(0, 1) == 1;
        for (int* number : {&step.size_h, &step.size_w, &step.stride_h, &step.stride_w}) *number = reader.next(1, kMost);
        for (int* number : {&step.pad_h, &step.pad_w}) *number = reader.next(0, kMost);
        for (int* number : {&step.dilation_h, &step.dilation_w}) *number = reader.next(1, kMost);
        const bool has_filter = step.kind == Kind::kConv || step.kind == Kind::kInception;
        if (has_filter != (step.filter >= 0)) break;
        if (step.kind == Kind::kMaxPool && (step.pad_h >= step.size_h || step.pad_w >= step.size_w)) break;
        if (step.kind == Kind::kInception) {
            const int in_channels = reader.next(1, kMostParts);
            const int groups = reader.next(1, in_channels);
            const int channels = reader.next(1, kMostParts);
            Array<int> dilations;
            for (int i = 0; i < 2 * channels && reader.good(); ++i) dilations.push_back(reader.next(1, kMost));
            if (!reader.good() || step.other >= 0 || step.size_h != step.size_w || step.size_h % 2 == 0 || in_channels % groups != 0 ||
                channels % groups != 0) {
                break;
            }
            step.plan = std::make_shared<InceptionConv2DPlan>(in_channels, channels, step.size_h, groups, dilations.data());
        }
        program->steps_.push_back(std::move(step));
    }
    const bool whole = static_cast<int>(program->steps_.size()) == count;
    const int outputs = whole ? reader.next(1, count) : 0;
    program->last_use_.assign(static_cast<size_t>(count) + 1, -1);
    for (int i = 0; i < outputs; ++i) program->outputs_.push_back(reader.next(1, count));
    if (!whole || !reader.good() || reader.more()) {
        *problem = "program must be one that @icconv/tensor-ops made";
        return nullptr;
    }
    for (int index = 0; index < count; ++index) {
        const Step& step = program->steps_[index];
        program->last_use_[step.input] = index;
        if (step.other >= 0) program->last_use_[step.other] = index;
    }
    for (int value : program->outputs_) program->last_use_[value] = count;
    return program;
}

bool ConvProgram::output_map(const Step& step, const Layout& layout, const Array<Parameter>& parameters, FeatureMap* map,
                             std::string* problem) const {
    const FeatureMap& in = layout.map(step.input);
    const Parameter* const filter = step.filter < 0 ? nullptr : &parameters[step.filter];
    switch (step.kind) {
        case Kind::kConv: {
            Conv2DFilter read;
            if (!conv2d_read_packed(filter->data, filter->size, &read) || read.in_c != in.channels || read.kernel_h != step.size_h ||
                read.kernel_w != step.size_w) {
                return fail(problem, "parameter ", step.filter, " must be a packed filter of ", in.channels, " input channels");
            }
            if (read.precision != Precision::kFloat32 && !conv2d_has_bfloat16()) {
                return fail(problem, "parameter ", step.filter, " is of bfloat16, for which this processor or this build has no kernel");
            }
            const Conv2DSize size = {in.batch,   in.height,  in.width,        step.stride_h,  step.stride_w,
                                     step.pad_h, step.pad_w, step.dilation_h, step.dilation_w};
            *map = {in.batch, size.out_h(read), size.out_w(read), read.out_c};
            break;
        }
        case Kind::kInception: {
            const InceptionConv2DPlan& plan = *step.plan;
            Precision precision;
            if (plan.in_channels() != in.channels || !plan.reads(filter->size, &precision)) {
                return fail(problem, "parameter ", step.filter, " must be a packed inception filter of ", in.channels, " input channels");
            }
            if (precision != Precision::kFloat32 && !conv2d_has_tiles()) {
                return fail(problem, "parameter ", step.filter, " is of bfloat16, for which this processor or this build has no kernel");
            }
            *map = {in.batch, (in.height - 1) / step.stride_h + 1, (in.width - 1) / step.stride_w + 1, plan.out_channels()};
            break;
        }
        case Kind::kMaxPool: {
            const MaxPool2DSize size = {in.batch,    in.height,     in.width,      in.channels, step.size_h,
                                        step.size_w, step.stride_h, step.stride_w, step.pad_h,  step.pad_w};
            *map = {in.batch, size.out_h(), size.out_w(), in.channels};
            break;
        }
        case Kind::kAdd:
            *map = in;
            break;
    }
    if (map->height < 1 || map->width < 1) return fail(problem, "a map of ", in.height, " x ", in.width, " is smaller than the kernel");
    if (element_count({map->batch, map->height, map->width, map->channels}) < 0) {
        return fail(problem, "a map must have at most ", kMostElements, " elements, received [", map->batch, ", ", map->height, ", ", map->width,
                    ", ", map->channels, "]");
    }
    if (step.bias >= 0 && parameters[step.bias].size != static_cast<size_t>(map->channels)) {
        return fail(problem, "parameter ", step.bias, " must be a bias of ", map->channels, " channels");
    }
    if (step.other >= 0) {
        const FeatureMap& other = layout.map(step.other);
        if (other.height != map->height || other.width != map->width || other.channels != map->channels) {
            return fail(problem, "value ", step.other, " must have the map size of the sum");
        }
    }
    return true;
}

bool ConvProgram::lay_out(const FeatureMap& image, const Array<Parameter>& parameters, Layout* layout, std::string* problem) const {
    if (image.height < 1 || image.width < 1) {
        return fail(problem, "an image of ", image.height, " x ", image.width, " cannot be taken");
    }
    layout->maps = {image};
    layout->offsets = {0};
    // A place that values take one after the other.
    struct Place {
        size_t floats;
        int taken_by;
    };
    Array<Place> places;
    Array<int> place_of = {-1};
    for (int index = 0; index < static_cast<int>(steps_.size()); ++index) {
        FeatureMap map{};
        if (!output_map(steps_[index], *layout, parameters, &map, problem)) return false;
        layout->maps.push_back(map);
        const int value = index + 1;
        // Outputs have memory of their own.
        if (last_use_[value] == static_cast<int>(steps_.size())) {
            place_of.push_back(-1);
            continue;
        }
        const size_t floats = (map.size() + 15) / 16 * 16;
        // The smallest free place that is large enough; else the largest, enlarged.
        int best = -1;
        for (int p = 0; p < static_cast<int>(places.size()); ++p) {
            if (places[p].taken_by >= 0 && last_use_[places[p].taken_by] >= index) continue;
            if (best < 0) {
                best = p;
                continue;
            }
            const bool fits = places[p].floats >= floats, best_fits = places[best].floats >= floats;
            if (fits ? !best_fits || places[p].floats < places[best].floats : !best_fits && places[p].floats > places[best].floats) best = p;
        }
        if (best < 0) {
            best = static_cast<int>(places.size());
            places.push_back({0, -1});
        }
        places[best].floats = std::max(places[best].floats, floats);
        places[best].taken_by = value;
        place_of.push_back(best);
    }
    Array<size_t> begins;
    layout->floats = 0;
    for (const Place& place : places) {
        begins.push_back(layout->floats);
        layout->floats += place.floats;
    }
    for (size_t value = 1; value < place_of.size(); ++value) layout->offsets.push_back(place_of[value] < 0 ? 0 : begins[place_of[value]]);
    return true;
}

void ConvProgram::run(const Layout& layout, const float* image, const Array<Parameter>& parameters, float* memory,
                      const Array<float*>& outputs, Executor& executor) const {
    Array<float*> places(steps_.size() + 1, nullptr);
    for (size_t value = 1; value < places.size(); ++value) places[value] = memory + layout.offsets[value];
    for (size_t i = 0; i < outputs.size(); ++i) places[outputs_[i]] = outputs[i];
    const auto read = [&](int value) -> const float* { return value < 0 ? nullptr : value == 0 ? image : places[value]; };
    for (size_t index = 0; index < steps_.size(); ++index) {
        const Step& step = steps_[index];
        const FeatureMap& in = layout.map(step.input);
        const float* const x = read(step.input);
        float* const y = places[index + 1];
        const float* const bias = step.bias < 0 ? nullptr : parameters[step.bias].data;
        switch (step.kind) {
            case Kind::kConv: {
                const Conv2DSize size = {in.batch,   in.height,  in.width,        step.stride_h,  step.stride_w,
                                         step.pad_h, step.pad_w, step.dilation_h, step.dilation_w};
                conv2d(size, {x, parameters[step.filter].data, bias, read(step.other)}, step.relu, y, executor);
                break;
            }
            case Kind::kInception: {
                const InceptionConv2DSize size = {in.batch, in.height, in.width, std::min(step.stride_h, in.height),
                                                  std::min(step.stride_w, in.width)};
                Precision precision = Precision::kFloat32;
                step.plan->reads(parameters[step.filter].size, &precision);
                inception_conv2d(*step.plan, size, x, nullptr, parameters[step.filter].data, bias,
                                 step.relu ? ConvActivation::kRelu : ConvActivation::kLinear, y, executor, precision);
                break;
            }
            case Kind::kMaxPool: {
                const MaxPool2DSize size = {in.batch,    in.height,     in.width,      in.channels, step.size_h,
                                            step.size_w, step.stride_h, step.stride_w, step.pad_h,  step.pad_w};
                max_pool2d(size, x, y, executor);
                break;
            }
            case Kind::kAdd:
                add_maps(x, read(step.other), step.relu, in.size(), y, executor);
                break;
        }
    }
}

}  // namespace icconv
