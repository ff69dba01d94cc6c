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
var node_crypto_1 = require("node:crypto");
var node_fs_1 = require("node:fs");
var node_http_1 = require("node:http");
var node_os_1 = require("node:os");
var node_path_1 = require("node:path");
var models_1 = require("@icconv/models");
var weights_1 = require("@icconv/tensor-ops/weights");
var test_utils_1 = require("@icconv/test-utils");
var values_1 = require("@icconv/test-utils/values");
var tf = require("@tensorflow/tfjs-core");
var vitest_1 = require("vitest");
var src_1 = require("../../src");
var activate_1 = require("../support/activate");
(0, vitest_1.describe)('the zoo', function () {
    (0, vitest_1.test)('names are unique, and each file name carries the checksum', function () {
        (0, vitest_1.expect)(new Set(src_1.BACKBONES.map(function (_a) {
            var name = _a.name;
            return name;
        })).size).toBe(src_1.BACKBONES.length);
        for (var _i = 0, BACKBONES_1 = src_1.BACKBONES; _i < BACKBONES_1.length; _i++) {
            var _a = BACKBONES_1[_i], name_1 = _a.name, file = _a.file;
            (0, vitest_1.expect)(name_1).toMatch(/^(torchvision|ic-conv)\/[a-z0-9-]+$/);
            if (!('url' in file))
                continue;
            (0, vitest_1.expect)(file.url).toMatch(/^https:\/\/download\.pytorch\.org\/.+\.pth$/);
            (0, vitest_1.expect)(file.url).toContain("-".concat(file.sha256));
        }
    });
    // Sizes as torchvision gives them: a config of other widths would not come near.
    vitest_1.test.each(src_1.BACKBONES.filter(function (_a) {
        var file = _a.file;
        return 'url' in file;
    }).map(function (row) { return [row.name, row]; }))("%s has the parameters of the publisher's file", function (_, _a) {
        var model = _a.model, file = _a.file;
        var own = __assign(__assign({}, model.config.backbone), { classes: src_1.IMAGENET_CLASSES });
        var elements = Object.values((0, models_1.resnetShapes)(own)).reduce(function (sum, shape) { return sum + shape.reduce(function (a, b) { return a * b; }, 1); }, 0);
        // Two were published in half precision.
        var size = [4, 2].map(function (width) { return Math.abs((elements * width) / file.bytes - 1); });
        (0, vitest_1.expect)(Math.min.apply(Math, size)).toBeLessThan(0.01);
        (0, vitest_1.expect)((0, models_1.summary)(own, [224, 224]).params).toBeGreaterThan(10e6);
    });
    (0, vitest_1.test)('an unknown name is answered with the nearest, one that is fetched by hand with the steps', function () { return __awaiter(void 0, void 0, void 0, function () {
        return __generator(this, function (_a) {
            switch (_a.label) {
                case 0:
                    (0, vitest_1.expect)(function () { return (0, src_1.findRow)(src_1.BACKBONES, 'torchvision/resnet50', 'backbone'); }).toThrow(/a backbone's folder, or one of the zoo's, such as torchvision\/resnet50-v1, /);
                    return [4 /*yield*/, (0, vitest_1.expect)((0, src_1.fetchRow)((0, src_1.findRow)(src_1.BACKBONES, 'ic-conv/ic-resnet50-k9', 'backbone'))).rejects.toThrow(/1\. open https:\/\/github[\s\S]*Google Drive[\s\S]*icconv convert/)];
                case 1:
                    _a.sent();
                    return [2 /*return*/];
            }
        });
    }); });
    (0, vitest_1.test)('files lie in the cache by library', function () {
        vitest_1.vi.stubEnv('ICCONV_CACHE', '/cache');
        var path = (0, src_1.rowPath)((0, src_1.findRow)(src_1.BACKBONES, 'torchvision/resnet50-v1', 'backbone'));
        vitest_1.vi.unstubAllEnvs();
        (0, vitest_1.expect)(path).toBe('/cache/models/torchvision/resnet50-0676ba61.pth');
    });
});
var config = { block: 'basic', blocks: [1, 1, 1, 1], width: 8 };
var whole = __assign(__assign({}, config), { classes: src_1.IMAGENET_CLASSES });
(0, test_utils_1.describeBackends)('a published checkpoint', activate_1.activate, function () {
    var folder;
    var server;
    var served;
    var asked = 0;
    var row;
    (0, vitest_1.beforeAll)(function () { return __awaiter(void 0, void 0, void 0, function () {
        var weights, file, url, sha256, _a, model, like;
        return __generator(this, function (_b) {
            switch (_b.label) {
                case 0:
                    folder = (0, node_fs_1.mkdtempSync)((0, node_path_1.join)((0, node_os_1.tmpdir)(), 'icconv-registry-'));
                    weights = (0, values_1.initialWeights)((0, models_1.resnetShapes)(whole));
                    return [4 /*yield*/, (0, weights_1.saveStateDict)(weights, (0, node_path_1.join)(folder, 'whole.pth'))];
                case 1:
                    file = _b.sent();
                    tf.dispose(weights);
                    served = (0, node_fs_1.readFileSync)(file);
                    server = (0, node_http_1.createServer)(function (_, response) {
                        asked++;
                        response.end(served);
                    });
                    return [4 /*yield*/, new Promise(function (resolve) { return server.listen(0, '127.0.0.1', resolve); })];
                case 2:
                    _b.sent();
                    url = "http://127.0.0.1:".concat(server.address().port, "/models/small.pth");
                    sha256 = (0, node_crypto_1.createHash)('sha256').update(served).digest('hex').slice(0, 8);
                    _a = src_1.BACKBONES[0], model = _a.model, like = __rest(_a, ["model"]);
                    row = __assign(__assign({}, like), { name: 'test/small', file: { url: url, sha256: sha256 }, model: { config: __assign(__assign({}, model.config), { backbone: config }) } });
                    return [2 /*return*/];
            }
        });
    }); });
    (0, vitest_1.afterAll)(function () {
        server.close();
        (0, node_fs_1.rmSync)(folder, { recursive: true });
    });
    (0, vitest_1.test)('is fetched once, and loads', function () { return __awaiter(void 0, void 0, void 0, function () {
        var options, first, _a, weights, downloaded, x, logits, original, expected, _b, _c, _d;
        return __generator(this, function (_e) {
            switch (_e.label) {
                case 0:
                    options = { folder: (0, node_path_1.join)(folder, 'cache') };
                    return [4 /*yield*/, (0, src_1.fetchRow)(row, options)];
                case 1:
                    first = _e.sent();
                    (0, vitest_1.expect)(first).toMatchObject({ downloaded: true, path: (0, node_path_1.join)(folder, 'cache/test/small.pth') });
                    return [4 /*yield*/, (0, src_1.loadBackbone)(row, __assign(__assign({}, options), { offline: true }))];
                case 2:
                    _a = _e.sent(), weights = _a.weights, downloaded = _a.downloaded;
                    (0, vitest_1.expect)([downloaded, asked]).toEqual([false, 1]);
                    x = (0, values_1.hashedTensor)('image', [1, 33, 33, 3]);
                    logits = (0, models_1.resnet)(weights, x, whole, { returns: ['logits'] }).logits;
                    original = (0, values_1.initialWeights)((0, models_1.resnetShapes)(whole));
                    expected = (0, models_1.resnet)(original, x, whole, { returns: ['logits'] }).logits;
                    _b = vitest_1.expect;
                    _c = test_utils_1.maxRelativeError;
                    return [4 /*yield*/, logits.data()];
                case 3:
                    _d = [_e.sent()];
                    return [4 /*yield*/, expected.data()];
                case 4:
                    _b.apply(void 0, [_c.apply(void 0, _d.concat([_e.sent()]))]).toBe(0);
                    tf.dispose([weights, x, logits, original, expected]);
                    return [2 /*return*/];
            }
        });
    }); });
    (0, vitest_1.test)('of which only the features are wanted has no classifier', function () { return __awaiter(void 0, void 0, void 0, function () {
        var _a, weights, found;
        return __generator(this, function (_b) {
            switch (_b.label) {
                case 0: return [4 /*yield*/, (0, src_1.loadBackbone)(__assign(__assign({}, row), { model: { config: __assign(__assign({}, row.model.config), { backbone: __assign(__assign({}, config), { batchNormEpsilon: 0.25 }) }) } }), { folder: (0, node_path_1.join)(folder, 'cache'), classifier: false })];
                case 1:
                    _a = _b.sent(), weights = _a.weights, found = _a.config;
                    (0, vitest_1.expect)(found).not.toHaveProperty('classes');
                    (0, vitest_1.expect)(Object.keys(weights)).toEqual(Object.keys((0, models_1.resnetShapes)(found)));
                    // The epsilon goes along.
                    (0, vitest_1.expect)(found.batchNormEpsilon).toBe(0.25);
                    tf.dispose(weights);
                    return [2 /*return*/];
            }
        });
    }); });
    (0, vitest_1.test)('from a mirror is held to the same checksum', function () { return __awaiter(void 0, void 0, void 0, function () {
        var wrong;
        return __generator(this, function (_a) {
            switch (_a.label) {
                case 0:
                    served = Buffer.concat([served.subarray(0, -1), Buffer.from([served.at(-1) ^ 1])]);
                    wrong = (0, src_1.fetchRow)(row, {
                        folder: (0, node_path_1.join)(folder, 'other'),
                        url: row.file.url.replace('models', 'mirror'),
                    });
                    return [4 /*yield*/, (0, vitest_1.expect)(wrong).rejects.toMatchObject({ code: 'ICCONV_DOWNLOAD', reason: 'checksum' })];
                case 1:
                    _a.sent();
                    (0, vitest_1.expect)((0, node_fs_1.existsSync)((0, node_path_1.join)(folder, 'other/test/small.pth'))).toBe(false);
                    (0, vitest_1.expect)((0, node_fs_1.readdirSync)((0, node_path_1.join)(folder, 'other/test'))).toEqual([]);
                    return [2 /*return*/];
            }
        });
    }); });
}, ['js']);
