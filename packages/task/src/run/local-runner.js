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
var __asyncValues = (this && this.__asyncValues) || function (o) {
    if (!Symbol.asyncIterator) throw new TypeError("Symbol.asyncIterator is not defined.");
    var m = o[Symbol.asyncIterator], i;
    return m ? m.call(o) : (o = typeof __values === "function" ? __values(o) : o[Symbol.iterator](), i = {}, verb("next"), verb("throw"), verb("return"), i[Symbol.asyncIterator] = function () { return this; }, i);
    function verb(n) { i[n] = o[n] && function (v) { return new Promise(function (resolve, reject) { v = o[n](v), settle(resolve, reject, v.done, v.value); }); }; }
    function settle(resolve, reject, d, v) { Promise.resolve(v).then(function(v) { resolve({ value: v, done: d }); }, reject); }
};
var __await = (this && this.__await) || function (v) { return this instanceof __await ? (this.v = v, this) : new __await(v); }
var __asyncGenerator = (this && this.__asyncGenerator) || function (thisArg, _arguments, generator) {
    if (!Symbol.asyncIterator) throw new TypeError("Symbol.asyncIterator is not defined.");
    var g = generator.apply(thisArg, _arguments || []), i, q = [];
    return i = Object.create((typeof AsyncIterator === "function" ? AsyncIterator : Object).prototype), verb("next"), verb("throw"), verb("return", awaitReturn), i[Symbol.asyncIterator] = function () { return this; }, i;
    function awaitReturn(f) { return function (v) { return Promise.resolve(v).then(f, reject); }; }
    function verb(n, f) { if (g[n]) { i[n] = function (v) { return new Promise(function (a, b) { q.push([n, v, a, b]) > 1 || resume(n, v); }); }; if (f) i[n] = f(i[n]); } }
    function resume(n, v) { try { step(g[n](v)); } catch (e) { settle(q[0][3], e); } }
    function step(r) { r.value instanceof __await ? Promise.resolve(r.value.v).then(fulfill, reject) : settle(q[0][2], r); }
    function fulfill(value) { resume("next", value); }
    function reject(value) { resume("throw", value); }
    function settle(f, v) { if (f(v), q.shift(), q.length) resume(q[0][0], q[0][1]); }
};
Object.defineProperty(exports, "__esModule", { value: true });
exports.localRunner = localRunner;
/** A network in this process: decoding, the task's own work, results in pixels of the pictures. */
var promises_1 = require("node:timers/promises");
var base_1 = require("@icconv/base");
var pictures_1 = require("@icconv/base/pictures");
var call_options_1 = require("../contract/call-options");
var runner_1 = require("./runner");
/**
 * Compiles weights and runs them. Its calls keep the event loop busy while TensorFlow works.
 *
 * @param weights - stay the caller's.
 * @param decode - for every call that does not say otherwise.
 */
function localRunner(task, model, weights, decode) {
    if (decode === void 0) { decode = {}; }
    var _a = task.inference, verb = _a.verb, check = _a.check, compile = _a.compile, run = _a.run, nothing = _a.nothing;
    check({}, model);
    var network = compile(weights, model);
    var disposed = false;
    var checkAlive = function () {
        if (disposed)
            throw new base_1.DisposedError(verb, "the ".concat(task.noun), 'create another');
    };
    function stream(images_1) {
        return __asyncGenerator(this, arguments, function stream_1(images, options) {
            var _a, ahead, _b, onError, signal, onProgress, reading, done, _c, _d, _e, picture, code, message, e_1_1;
            var _f, e_1, _g, _h;
            if (options === void 0) { options = {}; }
            return __generator(this, function (_j) {
                switch (_j.label) {
                    case 0:
                        checkAlive();
                        (0, call_options_1.checkCallOptions)(verb, options);
                        check(options, model);
                        _a = options.batchSize, ahead = _a === void 0 ? 2 : _a, _b = options.onError, onError = _b === void 0 ? 'throw' : _b, signal = options.signal, onProgress = options.onProgress;
                        reading = __assign(__assign(__assign(__assign({}, decode), options.decode), { ahead: ahead }), (signal !== undefined && { signal: signal }));
                        done = 0;
                        _j.label = 1;
                    case 1:
                        _j.trys.push([1, 13, 14, 19]);
                        _c = true, _d = __asyncValues((0, pictures_1.decodeAhead)(images, reading));
                        _j.label = 2;
                    case 2: return [4 /*yield*/, __await(_d.next())];
                    case 3:
                        if (!(_e = _j.sent(), _f = _e.done, !_f)) return [3 /*break*/, 12];
                        _h = _e.value;
                        _c = false;
                        picture = _h;
                        checkAlive();
                        if (!(picture instanceof Error)) return [3 /*break*/, 6];
                        if (onError === 'throw')
                            throw picture;
                        code = picture.code, message = picture.message;
                        return [4 /*yield*/, __await(nothing({ width: 0, height: 0, error: { code: code, message: message } }))];
                    case 4: return [4 /*yield*/, _j.sent()];
                    case 5:
                        _j.sent();
                        return [3 /*break*/, 10];
                    case 6: return [4 /*yield*/, __await(run(network, picture, model, options))];
                    case 7: return [4 /*yield*/, _j.sent()];
                    case 8:
                        _j.sent();
                        // Let timers and other requests in.
                        return [4 /*yield*/, __await((0, promises_1.setImmediate)())];
                    case 9:
                        // Let timers and other requests in.
                        _j.sent();
                        _j.label = 10;
                    case 10:
                        onProgress === null || onProgress === void 0 ? void 0 : onProgress({ done: ++done, total: images.length });
                        _j.label = 11;
                    case 11:
                        _c = true;
                        return [3 /*break*/, 2];
                    case 12: return [3 /*break*/, 19];
                    case 13:
                        e_1_1 = _j.sent();
                        e_1 = { error: e_1_1 };
                        return [3 /*break*/, 19];
                    case 14:
                        _j.trys.push([14, , 17, 18]);
                        if (!(!_c && !_f && (_g = _d.return))) return [3 /*break*/, 16];
                        return [4 /*yield*/, __await(_g.call(_d))];
                    case 15:
                        _j.sent();
                        _j.label = 16;
                    case 16: return [3 /*break*/, 18];
                    case 17:
                        if (e_1) throw e_1.error;
                        return [7 /*endfinally*/];
                    case 18: return [7 /*endfinally*/];
                    case 19: return [2 /*return*/];
                }
            });
        });
    }
    return {
        model: model,
        network: network,
        stream: stream,
        run: (0, runner_1.runAll)(stream),
        dispose: function () {
            return __awaiter(this, void 0, void 0, function () {
                return __generator(this, function (_a) {
                    if (!disposed)
                        network.dispose();
                    disposed = true;
                    return [2 /*return*/];
                });
            });
        },
    };
}
