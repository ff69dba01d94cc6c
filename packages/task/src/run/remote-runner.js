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
exports.hostedRunner = hostedRunner;
exports.createRemoteRunner = createRemoteRunner;
exports.moduleBeside = moduleBeside;
/** A network for servers: it runs in a process of its own. */
var pictures_1 = require("@icconv/base/pictures");
var call_options_1 = require("../contract/call-options");
var process_1 = require("../process");
var create_runner_1 = require("./create-runner");
var runner_1 = require("./runner");
/** What runs in that process: a module of the task's package exports it as `create`. */
function hostedRunner(task) {
    var _this = this;
    return function (_a) { return __awaiter(_this, [_a], void 0, function (_b) {
        var runner;
        var source = _b.source, options = _b.options;
        return __generator(this, function (_c) {
            switch (_c.label) {
                case 0: return [4 /*yield*/, (0, create_runner_1.createRunner)(task, source, options)];
                case 1:
                    runner = _c.sent();
                    return [2 /*return*/, {
                            facts: runner.model,
                            methods: {
                                run: function (images, how, signal) {
                                    return runner.run(images, __assign(__assign({}, how), { signal: signal }));
                                },
                            },
                            dispose: function () { return runner.dispose(); },
                        }];
            }
        });
    }); };
}
/**
 * Loads a network into a child process. Same results as {@link createRunner}, while this process' event loop stays free: calls wait their
 * turn there. Should the child die, running calls fail with a RemoteExitError, and the next call starts another.
 *
 * @param module - address of the module that exports `create`, see {@link hostedRunner}.
 * @throws as {@link createRunner}, as RemoteError with the error's name and code.
 */
function createRemoteRunner(task_1, module_1, source_1) {
    return __awaiter(this, arguments, void 0, function (task, module, source, options) {
        function send(images, _a) {
            return __awaiter(this, void 0, void 0, function () {
                var sent;
                var signal = _a.signal, _ = _a.onProgress, how = __rest(_a, ["signal", "onProgress"]);
                return __generator(this, function (_b) {
                    switch (_b.label) {
                        case 0: return [4 /*yield*/, Promise.all(images.map(pictures_1.sendableImage))];
                        case 1:
                            sent = _b.sent();
                            return [4 /*yield*/, remote.call('run', [sent, how], signal)];
                        case 2: return [2 /*return*/, (_b.sent())];
                    }
                });
            });
        }
        // One call takes as many pictures as may be decoded ahead; the next is on its way while the network is busy with it.
        function stream(images_1) {
            return __asyncGenerator(this, arguments, function stream_1(images, callOptions) {
                var _a, verb, check, _b, batchSize, onProgress, begin, done, next, start, current, _i, _c, result;
                if (callOptions === void 0) { callOptions = {}; }
                return __generator(this, function (_d) {
                    switch (_d.label) {
                        case 0:
                            _a = task.inference, verb = _a.verb, check = _a.check;
                            (0, call_options_1.checkCallOptions)(verb, callOptions);
                            check(callOptions, model);
                            _b = callOptions.batchSize, batchSize = _b === void 0 ? 2 : _b, onProgress = callOptions.onProgress;
                            begin = function (start) {
                                var work = send(images.slice(start, start + batchSize), callOptions);
                                // Where the caller stops before its turn, there is nobody to throw at.
                                work.catch(function () { });
                                return work;
                            };
                            if (!(images.length === 0)) return [3 /*break*/, 2];
                            return [4 /*yield*/, __await(void 0)];
                        case 1: return [2 /*return*/, _d.sent()];
                        case 2:
                            done = 0;
                            next = begin(0);
                            start = 0;
                            _d.label = 3;
                        case 3:
                            if (!(start < images.length)) return [3 /*break*/, 10];
                            current = next;
                            if (start + batchSize < images.length)
                                next = begin(start + batchSize);
                            _i = 0;
                            return [4 /*yield*/, __await(current)];
                        case 4:
                            _c = _d.sent();
                            _d.label = 5;
                        case 5:
                            if (!(_i < _c.length)) return [3 /*break*/, 9];
                            result = _c[_i];
                            return [4 /*yield*/, __await(result)];
                        case 6: return [4 /*yield*/, _d.sent()];
                        case 7:
                            _d.sent();
                            onProgress === null || onProgress === void 0 ? void 0 : onProgress({ done: ++done, total: images.length });
                            _d.label = 8;
                        case 8:
                            _i++;
                            return [3 /*break*/, 5];
                        case 9:
                            start += batchSize;
                            return [3 /*break*/, 3];
                        case 10: return [2 /*return*/];
                    }
                });
            });
        }
        var remote, model;
        if (options === void 0) { options = {}; }
        return __generator(this, function (_a) {
            switch (_a.label) {
                case 0: return [4 /*yield*/, (0, process_1.createRemote)({ module: module, options: { source: source, options: options } })];
                case 1:
                    remote = _a.sent();
                    model = remote.facts;
                    return [2 /*return*/, { model: model, stream: stream, run: (0, runner_1.runAll)(stream), dispose: function () { return remote.dispose(); } }];
            }
        });
    });
}
/** The address of a module beside the caller's, from sources as from a build. @param here - `import.meta.url`. */
function moduleBeside(here, name) {
    var ending = here.endsWith('.ts') ? 'ts' : here.endsWith('.cjs') ? 'cjs' : 'js';
    return new URL("./".concat(name, ".").concat(ending), here).href;
}
