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
var __spreadArray = (this && this.__spreadArray) || function (to, from, pack) {
    if (pack || arguments.length === 2) for (var i = 0, l = from.length, ar; i < l; i++) {
        if (ar || !(i in from)) {
            if (!ar) ar = Array.prototype.slice.call(from, 0, i);
            ar[i] = from[i];
        }
    }
    return to.concat(ar || Array.prototype.slice.call(from));
};
Object.defineProperty(exports, "__esModule", { value: true });
exports.startFrom = startFrom;
/** Trained weights in the place of random ones. */
var node_fs_1 = require("node:fs");
var files_1 = require("@icconv/models/files");
var tensor_ops_1 = require("@icconv/tensor-ops");
var model_folder_1 = require("../model/model-folder");
var backbones_1 = require("../zoo/backbones");
var fetch_row_1 = require("../zoo/fetch-row");
var find_row_1 = require("../zoo/find-row");
/**
 * Puts a checkpoint's weights in their places; those of another shape, as of a head for other classes, stay random, and are told.
 *
 * @param weights - replaced tensors are disposed.
 * @returns the names that were loaded.
 * @throws ModelFileError, InvalidArgumentError, WeightFormatError, StateDictMismatchError, DownloadError.
 */
function startFrom(task_1, weights_1, config_1, start_1) {
    return __awaiter(this, arguments, void 0, function (task, weights, config, start, options) {
        var _a, tell, signal, _b, path, part, opaqueClasses, limits, how, loaded, _i, _c, _d, name_1, tensor;
        if (options === void 0) { options = {}; }
        return __generator(this, function (_e) {
            switch (_e.label) {
                case 0:
                    _a = options.onNote, tell = _a === void 0 ? function () { } : _a, signal = options.signal;
                    return [4 /*yield*/, locate(task, start, options)];
                case 1:
                    _b = _e.sent(), path = _b.path, part = _b.part;
                    opaqueClasses = start.opaqueClasses, limits = start.limits;
                    how = __assign(__assign({ opaqueClasses: opaqueClasses, limits: limits, strict: false, skipMismatched: true }, (signal !== undefined && { signal: signal })), { onReport: function (_a) {
                            var mismatched = _a.mismatched, missing = _a.missing, unreadable = _a.unreadable;
                            for (var _i = 0, unreadable_1 = unreadable; _i < unreadable_1.length; _i++) {
                                var _b = unreadable_1[_i], name_2 = _b.name, reason = _b.reason;
                                tell("".concat(name_2, ": random, as it cannot be read: ").concat(reason));
                            }
                            for (var _c = 0, mismatched_1 = mismatched; _c < mismatched_1.length; _c++) {
                                var _d = mismatched_1[_c], name_3 = _d.name, expected = _d.expected, received = _d.received;
                                tell("".concat(name_3, ": random, as the file's shape is [").concat(received.join(), "] and not [").concat(expected.join(), "]"));
                            }
                            if (part === 'whole' && missing.length > 0)
                                tell("random, as missing: ".concat(missing.join(', ')));
                        } });
                    return [4 /*yield*/, (part === 'backbone'
                            ? (0, files_1.loadBackboneWeights)(path, config.backbone, task.weights.backbonePrefix, how)
                            : task.weights.load(path, config, how))];
                case 2:
                    loaded = _e.sent();
                    for (_i = 0, _c = Object.entries(loaded); _i < _c.length; _i++) {
                        _d = _c[_i], name_1 = _d[0], tensor = _d[1];
                        weights[name_1].dispose();
                        weights[name_1] = tensor;
                    }
                    return [2 /*return*/, Object.keys(loaded)];
            }
        });
    });
}
function locate(task_1, _a, options_1) {
    return __awaiter(this, arguments, void 0, function (task, _b, options) {
        var weights, backbone, row;
        var _c;
        var from = _b.from, part = _b.part;
        return __generator(this, function (_d) {
            switch (_d.label) {
                case 0:
                    if (!(0, node_fs_1.existsSync)(from)) return [3 /*break*/, 2];
                    if (!(0, node_fs_1.statSync)(from).isDirectory())
                        return [2 /*return*/, { path: from, part: part !== null && part !== void 0 ? part : 'whole' }];
                    return [4 /*yield*/, (0, model_folder_1.readModel)(task, from)];
                case 1:
                    weights = (_d.sent()).weights;
                    if (weights === undefined)
                        throw new model_folder_1.ModelFileError(from, 'no weights beside the description');
                    return [2 /*return*/, { path: weights, part: part !== null && part !== void 0 ? part : 'whole' }];
                case 2:
                    backbone = backbones_1.BACKBONES.find(function (_a) {
                        var name = _a.name;
                        return name === from;
                    });
                    if (backbone === undefined && /[\\/.]/.test(from.slice(-12)) && /\.\w+$/.test(from)) {
                        throw new tensor_ops_1.InvalidArgumentError('train', 'weights', from, 'a file or folder that is there, or a name of the zoo');
                    }
                    row = backbone !== null && backbone !== void 0 ? backbone : (0, find_row_1.findRow)(__spreadArray(__spreadArray([], task.zoo, true), backbones_1.BACKBONES, true), from, task.noun);
                    _c = {};
                    return [4 /*yield*/, (0, fetch_row_1.fetchRow)(row, options)];
                case 3: return [2 /*return*/, (_c.path = (_d.sent()).path, _c.part = part !== null && part !== void 0 ? part : (backbone === undefined ? 'whole' : 'backbone'), _c)];
            }
        });
    });
}
