"use strict";
var __assign = (this && this.__assign) || function () {
    __assign = Object.assign || function(t) {
        for (var s, i = 1, n = arguments.length; i < n; i++) {
            s = arguments[i];
            for (var p in s) if (Object.prototype.hasOwnProperty.call(s, p))
                t[p] = s[p];
        }
        return t;
    };
    return __assign.apply(this, arguments);
};
var __awaiter = (this && this.__awaiter) || function (thisArg, _arguments, P, generator) {
    function adopt(value) { return value instanceof P ? value : new P(function (resolve) { resolve(value); }); }
    return new (P || (P = Promise))(function (resolve, reject) {
        function fulfilled(value) { try { step(generator.next(value)); } catch (e) { reject(e); } }
        function rejected(value) { try { step(generator["throw"](value)); } catch (e) { reject(e); } }
        function step(result) { result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected); }
        step((generator = generator.apply(thisArg, _arguments || [])).next());
    });
};
var __generator = (this && this.__generator) || function (thisArg, body) {
    var _ = { label: 0, sent: function() { if (t[0] & 1) throw t[1]; return t[1]; }, trys: [], ops: [] }, f, y, t, g = Object.create((typeof Iterator === "function" ? Iterator : Object).prototype);
    return g.next = verb(0), g["throw"] = verb(1), g["return"] = verb(2), typeof Symbol === "function" && (g[Symbol.iterator] = function() { return this; }), g;
    function verb(n) { return function (v) { return step([n, v]); }; }
    function step(op) {
        if (f) throw new TypeError("Generator is already executing.");
        while (g && (g = 0, op[0] && (_ = 0)), _) try {
            if (f = 1, y && (t = op[0] & 2 ? y["return"] : op[0] ? y["throw"] || ((t = y["return"]) && t.call(y), 0) : y.next) && !(t = t.call(y, op[1])).done) return t;
            if (y = 0, t) op = [op[0] & 2, t.value];
            switch (op[0]) {
                case 0: case 1: t = op; break;
                case 4: _.label++; return { value: op[1], done: false };
                case 5: _.label++; y = op[1]; op = [0]; continue;
                case 7: op = _.ops.pop(); _.trys.pop(); continue;
                default:
                    if (!(t = _.trys, t = t.length > 0 && t[t.length - 1]) && (op[0] === 6 || op[0] === 2)) { _ = 0; continue; }
                    if (op[0] === 3 && (!t || (op[1] > t[0] && op[1] < t[3]))) { _.label = op[1]; break; }
                    if (op[0] === 6 && _.label < t[1]) { _.label = t[1]; t = op; break; }
                    if (t && _.label < t[2]) { _.label = t[2]; _.ops.push(op); break; }
                    if (t[2]) _.ops.pop();
                    _.trys.pop(); continue;
            }
            op = body.call(thisArg, _);
        } catch (e) { op = [6, e]; y = 0; } finally { f = t = 0; }
        if (op[0] & 5) throw op[1]; return { value: op[0] ? op[1] : void 0, done: true };
    }
};
Object.defineProperty(exports, "__esModule", { value: true });
exports.createRunner = createRunner;
var engine_1 = require("@icconv/tensor-ops/engine");
var tfjs_core_1 = require("@tensorflow/tfjs-core");
var resolve_model_1 = require("../model/resolve-model");
var local_runner_1 = require("./local-runner");
/**
 * Loads a network into this process.
 *
 * @param source - a name of the zoo, a model's folder, a checkpoint of the zoo on the disk; or what describes another checkpoint.
 * @throws InvalidArgumentError for a name that is not known; ModelFileError; WeightFormatError, StateDictMismatchError for files that are
 *   damaged or belong to another network; DownloadError.
 */
function createRunner(task_1, source_1) {
    return __awaiter(this, arguments, void 0, function (task, source, options) {
        var _a, device, threads, signal, opaqueClasses, limits, decode, _b, model, weights, reading, loaded;
        if (options === void 0) { options = {}; }
        return __generator(this, function (_c) {
            switch (_c.label) {
                case 0:
                    _a = options.device, device = _a === void 0 ? 'auto' : _a, threads = options.threads, signal = options.signal, opaqueClasses = options.opaqueClasses, limits = options.limits, decode = options.decode;
                    return [4 /*yield*/, (0, resolve_model_1.resolveModel)(task, source, options)];
                case 1:
                    _b = _c.sent(), model = _b.model, weights = _b.weights;
                    task.inference.check({}, model);
                    return [4 /*yield*/, (0, engine_1.useEngine)(__assign({ device: device }, (threads !== undefined && { threads: threads })))];
                case 2:
                    _c.sent();
                    if (typeof weights !== 'string')
                        return [2 /*return*/, (0, local_runner_1.localRunner)(task, model, weights, decode)];
                    reading = __assign({ opaqueClasses: opaqueClasses, limits: limits }, (signal !== undefined && { signal: signal }));
                    return [4 /*yield*/, task.weights.load(weights, model.config, reading)];
                case 3:
                    loaded = _c.sent();
                    try {
                        return [2 /*return*/, (0, local_runner_1.localRunner)(task, model, loaded, decode)];
                    }
                    finally {
                        (0, tfjs_core_1.dispose)(loaded);
                    }
                    return [2 /*return*/];
            }
        });
    });
}
