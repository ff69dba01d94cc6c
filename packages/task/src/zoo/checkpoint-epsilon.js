"use strict";
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
exports.EPSILON_KEY = void 0;
exports.checkpointEpsilon = checkpointEpsilon;
/** Checkpoints whose batch norms have another epsilon than the usual: no state dict says so, and a wrong one costs accuracy silently. */
var promises_1 = require("node:fs/promises");
var node_path_1 = require("node:path");
var download_1 = require("@icconv/tensor-ops/download");
var weights_1 = require("@icconv/tensor-ops/weights");
/** Key of a safetensors header. */
exports.EPSILON_KEY = 'icconv.batchNormEpsilon';
/**
 * Trained with 0, and all others of their library with 1e-5.
 *
 * Source: pytorch/vision, torchvision/models/detection: the models that call `overwrite_eps(model, 0.0)` for their weights COCO_V1, and
 * those weights' `_file_size`.
 */
var WITHOUT_EPSILON = [
    { name: 'fasterrcnn_resnet50_fpn_coco-258fb6c6', mebibytes: 159.743 },
    { name: 'maskrcnn_resnet50_fpn_coco-bf2d0c1e', mebibytes: 169.84 },
    { name: 'keypointrcnn_resnet50_fpn_coco-fc266e95', mebibytes: 226.054 },
    { name: 'retinanet_resnet50_fpn_coco-eeacb38b', mebibytes: 130.267 },
];
/** Sizes are published to three digits of a mebibyte. */
var SIZE_ERROR = 0.0005;
var MEBIBYTE = Math.pow(2, 20);
/**
 * The epsilon that a checkpoint's batch norms were trained with, as far as it is known to differ from 1e-5: by the name that its publisher
 * gave it, by the checksum in that name if it was renamed, or by what `icconv convert` noted in a safetensors header.
 *
 * @returns undefined for all other files, missing ones too.
 * @throws WeightFormatError for a damaged safetensors file.
 */
function checkpointEpsilon(path_1) {
    return __awaiter(this, arguments, void 0, function (path, reading) {
        var file, found, size, like;
        if (reading === void 0) { reading = {}; }
        return __generator(this, function (_a) {
            switch (_a.label) {
                case 0:
                    file = (0, node_path_1.basename)(path);
                    if (WITHOUT_EPSILON.some(function (_a) {
                        var name = _a.name;
                        return file.startsWith(name);
                    }))
                        return [2 /*return*/, 0];
                    return [4 /*yield*/, (0, promises_1.stat)(path).catch(function () { return undefined; })];
                case 1:
                    found = _a.sent();
                    if (found === undefined || !found.isFile())
                        return [2 /*return*/, undefined];
                    if (file.endsWith('.safetensors'))
                        return [2 /*return*/, notedEpsilon(path, reading)];
                    size = found.size / MEBIBYTE;
                    like = WITHOUT_EPSILON.find(function (_a) {
                        var mebibytes = _a.mebibytes;
                        return Math.abs(size - mebibytes) <= SIZE_ERROR;
                    });
                    if (like === undefined)
                        return [2 /*return*/, undefined];
                    return [4 /*yield*/, (0, download_1.sha256OfFile)(path)];
                case 2: return [2 /*return*/, (_a.sent()).startsWith(like.name.slice(-8)) ? 0 : undefined];
            }
        });
    });
}
function notedEpsilon(path, reading) {
    return __awaiter(this, void 0, void 0, function () {
        var weights, noted, value;
        return __generator(this, function (_a) {
            switch (_a.label) {
                case 0: return [4 /*yield*/, (0, weights_1.openWeights)(path, reading)];
                case 1:
                    weights = _a.sent();
                    _a.label = 2;
                case 2:
                    _a.trys.push([2, , 3, 5]);
                    noted = weights.metadata.get(exports.EPSILON_KEY);
                    value = Number(noted);
                    return [2 /*return*/, noted === undefined || !(value >= 0 && value < 1) ? undefined : value];
                case 3: return [4 /*yield*/, weights.close()];
                case 4:
                    _a.sent();
                    return [7 /*endfinally*/];
                case 5: return [2 /*return*/];
            }
        });
    });
}
