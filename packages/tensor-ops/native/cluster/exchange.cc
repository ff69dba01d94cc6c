#include "exchange.h"

#include <cstring>
#include <utility>

namespace cluster {
namespace {

template <typename T>
Handle constant(TF_DataType type, const std::vector<int64_t>& dims, const std::vector<T>& values) {
    const size_t bytes = values.size() * sizeof(T);
    TF_Tensor* tensor = TF_AllocateTensor(type, dims.data(), static_cast<int>(dims.size()), bytes);
    std::memcpy(TF_TensorData(tensor), values.data(), bytes);
    const Status status;
    Handle handle(TFE_NewTensorHandle(tensor, status.status));
    TF_DeleteTensor(tensor);
    status.check();
    return handle;
}
Handle scalar(int32_t value) { return constant<int32_t>(TF_INT32, {}, {value}); }
Handle vector_of(const std::vector<int64_t>& values) {
    return constant<int64_t>(TF_INT64, {static_cast<int64_t>(values.size())}, values);
}

std::vector<int64_t> dims_of(const Handle& handle) {
    const Status status;
    std::vector<int64_t> dims(TFE_TensorHandleNumDims(handle.get(), status.status));
    for (size_t i = 0; i < dims.size(); ++i) dims[i] = TFE_TensorHandleDim(handle.get(), static_cast<int>(i), status.status);
    status.check();
    return dims;
}

// One op of TensorFlow's under construction.
class Op {
public:
    explicit Op(const char* name) : op_(TFE_NewOp(binding.context(), name, status_.status)) { status_.check(); }
    Op(const Op&) = delete;
    Op& operator=(const Op&) = delete;
    ~Op() { TFE_DeleteOp(op_); }

    Op& input(const Handle& handle) {
        TFE_OpAddInput(op_, handle.get(), status_.status);
        status_.check();
        return *this;
    }
    Op& type(const char* name, TF_DataType value) { return TFE_OpSetAttrType(op_, name, value), *this; }
    Op& number(const char* name, int64_t value) { return TFE_OpSetAttrInt(op_, name, value), *this; }
    Op& text(const char* name, const std::string& value) { return TFE_OpSetAttrString(op_, name, value.data(), value.size()), *this; }

    // Inputs and attributes that every collective has; the keys are inputs after its tensor.
    Op& collective(const Call& call, TF_DataType of) {
        input(scalar(call.size)).input(scalar(call.group)).input(scalar(call.instance)).type("T", of);
        // Rings between CPUs, NCCL between GPUs.
        text("communication_hint", "auto");
        TFE_OpSetAttrFloat(op_, "timeout_seconds", static_cast<float>(call.timeout));
        if (!call.cpu.empty()) TFE_OpSetDevice(op_, call.cpu.c_str(), status_.status);
        status_.check();
        return *this;
    }

    Handles run(int outputs = 1) {
        std::vector<TFE_TensorHandle*> raw(outputs, nullptr);
        TFE_Execute(op_, raw.data(), &outputs, status_.status);
        status_.check();
        return Handles(raw.begin(), raw.end());
    }

private:
    Status status_;
    TFE_Op* op_;
};

Handle reshape(const Handle& tensor, const std::vector<int64_t>& dims) {
    const TF_DataType type = TFE_TensorHandleDataType(tensor.get());
    return std::move(Op("Reshape").input(tensor).input(vector_of(dims)).type("T", type).type("Tshape", TF_INT64).run()[0]);
}

// A row of 64 bytes: of a table with such rows TensorFlow gives ranges without copying them.
constexpr int64_t ROW = 16;

int64_t count_of(const std::vector<int64_t>& dims) {
    int64_t count = 1;
    for (const int64_t dim : dims) count *= dim;
    return count;
}

// The numbers of a tensor in rows, the last filled up with zeros.
Handle to_rows(const Handle& tensor, int64_t count) {
    const int64_t rows = (count + ROW - 1) / ROW;
    if (count % ROW == 0) return reshape(tensor, {rows, ROW});
    const Handle widths = constant<int64_t>(TF_INT64, {1, 2}, {0, rows * ROW - count});
    Op pad("Pad");
    pad.input(reshape(tensor, {count})).input(widths).type("T", TF_FLOAT).type("Tpaddings", TF_INT64);
    return reshape(pad.run()[0], {rows, ROW});
}

Handle from_rows(const Handle& rows, const std::vector<int64_t>& dims) {
    const int64_t count = count_of(dims);
    if (count % ROW == 0) return reshape(rows, dims);
    Op slice("Slice");
    slice.input(reshape(rows, {-1})).input(vector_of({0})).input(vector_of({count})).type("T", TF_FLOAT).type("Index", TF_INT64);
    return reshape(slice.run()[0], dims);
}

// In place where nobody else has the tensor. TensorFlow divides what a worker sends until a message has 4 MB, or so many times: messages of
// 12 MB, memory fresh from the system each time, took half as much of it again.
constexpr int64_t MOST_MESSAGES = 8;
Handle reduce(Handle tensor, const Call& call) {
    Op op("CollectiveReduceV2");
    op.input(tensor).collective(call, TF_FLOAT).text("merge_op", "Add").text("final_op", "Div").number("Nordering_token", 0);
    op.number("max_subdivs_per_device", MOST_MESSAGES);
    tensor.reset();
    return std::move(op.run()[0]);
}

}  // namespace

// By TensorFlow's ops throughout, so that tensors stay on their device. One copy joins them; what is taken apart are ranges of the mean.
Handles all_reduce_mean(Handles tensors, const Call& call) {
    const auto count = static_cast<int64_t>(tensors.size());
    std::vector<std::vector<int64_t>> dims;
    std::vector<int64_t> rows;
    Handles tables;
    for (Handle& tensor : tensors) {
        dims.push_back(dims_of(tensor));
        tables.push_back(to_rows(tensor, count_of(dims.back())));
        rows.push_back(dims_of(tables.back())[0]);
        tensor.reset();
    }
    Handle table;
    if (count == 1) {
        table = std::move(tables[0]);
    } else {
        Op concat("ConcatV2");
        for (const Handle& each : tables) concat.input(each);
        concat.input(scalar(0)).type("T", TF_FLOAT).number("N", count).type("Tidx", TF_INT32);
        table = std::move(concat.run()[0]);
    }
    tables.clear();
    const Handle mean = reduce(std::move(table), call);
    Handles result;
    if (count == 1) {
        result.push_back(from_rows(mean, dims[0]));
        return result;
    }
    Op split("SplitV");
    split.input(mean).input(vector_of(rows)).input(scalar(0));
    split.type("T", TF_FLOAT).number("num_split", count).type("Tlen", TF_INT64);
    const Handles parts = split.run(static_cast<int>(count));
    for (size_t i = 0; i < parts.size(); ++i) result.push_back(from_rows(parts[i], dims[i]));
    return result;
}

Handles broadcast(Handles tensors, const Call& call) {
    const TF_DataType type = TFE_TensorHandleDataType(tensors[0].get());
    if (call.source) return Op("CollectiveBcastSendV2").input(tensors[0]).collective(call, type).run();
    Op receive("CollectiveBcastRecvV2");
    receive.collective(call, type).input(vector_of(dims_of(tensors[0]))).type("Tshape", TF_INT64);
    return receive.run();
}

Handles gather(Handles tensors, const Call& call) {
    Op op("CollectiveGatherV2");
    op.input(tensors[0]).collective(call, TFE_TensorHandleDataType(tensors[0].get())).number("Nordering_token", 0);
    return op.run();
}

}  // namespace cluster
