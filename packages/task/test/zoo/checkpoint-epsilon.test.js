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
var node_fs_1 = require("node:fs");
var node_os_1 = require("node:os");
var node_path_1 = require("node:path");
var weights_1 = require("@icconv/tensor-ops/weights");
var tf = require("@tensorflow/tfjs-core");
var vitest_1 = require("vitest");
var src_1 = require("../../src");
var activate_1 = require("../support/activate");
var folder = (0, node_fs_1.mkdtempSync)((0, node_path_1.join)((0, node_os_1.tmpdir)(), 'icconv-epsilon-'));
(0, vitest_1.beforeAll)(function () { return (0, activate_1.activate)('js'); });
(0, vitest_1.afterAll)(function () { return (0, node_fs_1.rmSync)(folder, { recursive: true }); });
(0, vitest_1.test)('is known by the published name, of the downloaded file and of the converted one', function () { return __awaiter(void 0, void 0, void 0, function () {
    var _a, _b, _c, _d, _e;
    return __generator(this, function (_f) {
        switch (_f.label) {
            case 0:
                _a = vitest_1.expect;
                return [4 /*yield*/, (0, src_1.checkpointEpsilon)('/nowhere/fasterrcnn_resnet50_fpn_coco-258fb6c6.pth')];
            case 1:
                _a.apply(void 0, [_f.sent()]).toBe(0);
                _b = vitest_1.expect;
                return [4 /*yield*/, (0, src_1.checkpointEpsilon)('maskrcnn_resnet50_fpn_coco-bf2d0c1e.safetensors')];
            case 2:
                _b.apply(void 0, [_f.sent()]).toBe(0);
                _c = vitest_1.expect;
                return [4 /*yield*/, (0, src_1.checkpointEpsilon)('fasterrcnn_resnet50_fpn_v2_coco-dd69338a.pth')];
            case 3:
                _c.apply(void 0, [_f.sent()]).toBeUndefined();
                // torchvision leaves the older weights of Keypoint R-CNN alone.
                _d = vitest_1.expect;
                return [4 /*yield*/, (0, src_1.checkpointEpsilon)('keypointrcnn_resnet50_fpn_coco-9f466800.pth')];
            case 4:
                // torchvision leaves the older weights of Keypoint R-CNN alone.
                _d.apply(void 0, [_f.sent()]).toBeUndefined();
                _e = vitest_1.expect;
                return [4 /*yield*/, (0, src_1.checkpointEpsilon)((0, node_path_1.join)(folder, 'nothing.pth'))];
            case 5:
                _e.apply(void 0, [_f.sent()]).toBeUndefined();
                return [2 /*return*/];
        }
    });
}); });
(0, vitest_1.test)('another file of the same size is told apart by its checksum', function () { return __awaiter(void 0, void 0, void 0, function () {
    var path, _a;
    return __generator(this, function (_b) {
        switch (_b.label) {
            case 0:
                path = (0, node_path_1.join)(folder, 'renamed.pth');
                (0, node_fs_1.writeFileSync)(path, '');
                (0, node_fs_1.truncateSync)(path, Math.round(130.267 * Math.pow(2, 20)));
                _a = vitest_1.expect;
                return [4 /*yield*/, (0, src_1.checkpointEpsilon)(path)];
            case 1:
                _a.apply(void 0, [_b.sent()]).toBeUndefined();
                return [2 /*return*/];
        }
    });
}); });
(0, vitest_1.test)('is read from a safetensors header', function () { return __awaiter(void 0, void 0, void 0, function () {
    var plain, _a, noted, _b;
    var _c;
    return __generator(this, function (_d) {
        switch (_d.label) {
            case 0: return [4 /*yield*/, (0, weights_1.saveStateDict)({ bias: tf.zeros([2]) }, (0, node_path_1.join)(folder, 'plain.safetensors'))];
            case 1:
                plain = _d.sent();
                _a = vitest_1.expect;
                return [4 /*yield*/, (0, src_1.checkpointEpsilon)(plain)];
            case 2:
                _a.apply(void 0, [_d.sent()]).toBeUndefined();
                noted = (0, node_path_1.join)(folder, 'noted.safetensors');
                return [4 /*yield*/, (0, weights_1.convertWeights)(plain, noted, { metadata: (_c = {}, _c[src_1.EPSILON_KEY] = '0', _c) })];
            case 3:
                _d.sent();
                _b = vitest_1.expect;
                return [4 /*yield*/, (0, src_1.checkpointEpsilon)(noted)];
            case 4:
                _b.apply(void 0, [_d.sent()]).toBe(0);
                return [2 /*return*/];
        }
    });
}); });
