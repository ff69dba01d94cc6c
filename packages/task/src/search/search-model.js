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
var __rest = (this && this.__rest) || function (s, e) {
    var t = {};
    for (var p in s) if (Object.prototype.hasOwnProperty.call(s, p) && e.indexOf(p) < 0)
        t[p] = s[p];
    if (s != null && typeof Object.getOwnPropertySymbols === "function")
        for (var i = 0, p = Object.getOwnPropertySymbols(s); i < p.length; i++) {
            if (e.indexOf(p[i]) < 0 && Object.prototype.propertyIsEnumerable.call(s, p[i]))
                t[p[i]] = s[p[i]];
        }
    return t;
};
Object.defineProperty(exports, "__esModule", { value: true });
exports.searchModel = searchModel;
/** Dilations for the backbone of a whole model, from the folder of its super-network to a folder of the network that was found. */
var node_path_1 = require("node:path");
var node_1 = require("@icconv/edo/node");
var tensor_ops_1 = require("@icconv/tensor-ops");
var tfjs_core_1 = require("@tensorflow/tfjs-core");
var model_folder_1 = require("../model/model-folder");
/**
 * Searches, and writes a model's folder: description with the dilations, weights of backbone, neck and heads, and what `writeSearch` writes.
 * `trainTask` goes on from it, `createRunner` opens it.
 *
 * @param folder - of a model whose backbone has super-kernels, as a training with `model.super` leaves it.
 * @param output - made where it is missing.
 * @throws InvalidArgumentError for a backbone without super-kernels; as `runSearch`; ModelFileError, FileError.
 */
function searchModel(task_1, folder_1, output_1) {
    return __awaiter(this, arguments, void 0, function (task, folder, output, settings, _a) {
        var _b, model, own, path, backbone, expected, signal, reading, weights, prefix, run, found, outside, whole, files, _c, _d, _e, _f, _, rest;
        var _g;
        if (settings === void 0) { settings = {}; }
        if (_a === void 0) { _a = {}; }
        var chosen = _a.weights, opaqueClasses = _a.opaqueClasses, limits = _a.limits, watcher = __rest(_a, ["weights", "opaqueClasses", "limits"]);
        return __generator(this, function (_h) {
            switch (_h.label) {
                case 0: return [4 /*yield*/, (0, model_folder_1.readModel)(task, folder)];
                case 1:
                    _b = _h.sent(), model = _b.model, own = _b.weights;
                    path = chosen !== null && chosen !== void 0 ? chosen : own;
                    if (path === undefined)
                        throw new model_folder_1.ModelFileError(folder, 'no weights beside the description');
                    backbone = model.config.backbone;
                    if (![backbone.conv].flat().some(function (choice) { return (choice === null || choice === void 0 ? void 0 : choice.kind) === 'super'; })) {
                        expected = 'a network with super-kernels: a training with model.super makes one';
                        throw new tensor_ops_1.InvalidArgumentError('search', 'model', folder, expected);
                    }
                    signal = watcher.signal;
                    reading = __assign({ opaqueClasses: opaqueClasses, limits: limits }, (signal !== undefined && { signal: signal }));
                    return [4 /*yield*/, task.weights.load(path, model.config, reading)];
                case 2:
                    weights = _h.sent();
                    prefix = task.weights.backbonePrefix;
                    _h.label = 3;
                case 3:
                    _h.trys.push([3, , 8, 9]);
                    return [4 /*yield*/, (0, node_1.runSearch)({ weights: weights, config: backbone, prefix: prefix }, settings, watcher)];
                case 4:
                    run = _h.sent();
                    found = __assign(__assign({}, model), { config: __assign(__assign({}, model.config), { backbone: run.config }) });
                    outside = Object.entries(weights).filter(function (_a) {
                        var name = _a[0];
                        return !name.startsWith(prefix);
                    });
                    whole = __assign(__assign({}, Object.fromEntries(outside)), run.weights);
                    return [4 /*yield*/, (0, node_1.writeSearch)(output, run, { prefix: prefix })];
                case 5:
                    files = _h.sent();
                    _d = (_c = files).push;
                    return [4 /*yield*/, task.weights.save((0, node_path_1.join)(output, 'model.safetensors'), whole, found.config)];
                case 6:
                    _d.apply(_c, [_h.sent()]);
                    _f = (_e = files).push;
                    return [4 /*yield*/, (0, model_folder_1.writeModel)(task, output, found)];
                case 7:
                    _f.apply(_e, [_h.sent()]);
                    _ = run.weights, rest = __rest(run, ["weights"]);
                    return [2 /*return*/, __assign(__assign({}, rest), { files: files })];
                case 8:
                    (0, tfjs_core_1.dispose)([weights, (_g = run === null || run === void 0 ? void 0 : run.weights) !== null && _g !== void 0 ? _g : []]);
                    return [7 /*endfinally*/];
                case 9: return [2 /*return*/];
            }
        });
    });
}
