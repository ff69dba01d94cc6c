"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.activate = void 0;
var tensor_ops_1 = require("@icconv/tensor-ops");
var engine_1 = require("@icconv/tensor-ops/engine");
var test_utils_1 = require("@icconv/test-utils");
exports.activate = (0, test_utils_1.activator)({ useEngine: engine_1.useEngine, registerKernels: tensor_ops_1.registerKernels, gradients: true });
