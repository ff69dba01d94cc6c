"use strict";
var __extends = (this && this.__extends) || (function () {
    var extendStatics = function (d, b) {
        extendStatics = Object.setPrototypeOf ||
            ({ __proto__: [] } instanceof Array && function (d, b) { d.__proto__ = b; }) ||
            function (d, b) { for (var p in b) if (Object.prototype.hasOwnProperty.call(b, p)) d[p] = b[p]; };
        return extendStatics(d, b);
    };
    return function (d, b) {
        if (typeof b !== "function" && b !== null)
            throw new TypeError("Class extends value " + String(b) + " is not a constructor or null");
        extendStatics(d, b);
        function __() { this.constructor = d; }
        d.prototype = b === null ? Object.create(b) : (__.prototype = b.prototype, new __());
    };
})();
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
var __classPrivateFieldSet = (this && this.__classPrivateFieldSet) || function (receiver, state, value, kind, f) {
    if (kind === "m") throw new TypeError("Private method is not writable");
    if (kind === "a" && !f) throw new TypeError("Private accessor was defined without a setter");
    if (typeof state === "function" ? receiver !== state || !f : !state.has(receiver)) throw new TypeError("Cannot write private member to an object whose class did not declare it");
    return (kind === "a" ? f.call(receiver, value) : f ? f.value = value : state.set(receiver, value)), value;
};
var __classPrivateFieldGet = (this && this.__classPrivateFieldGet) || function (receiver, state, kind, f) {
    if (kind === "a" && !f) throw new TypeError("Private accessor was defined without a getter");
    if (typeof state === "function" ? receiver !== state || !f : !state.has(receiver)) throw new TypeError("Cannot read private member from an object whose class did not declare it");
    return kind === "m" ? f : kind === "a" ? f.call(receiver) : f ? f.value : state.get(receiver);
};
var _Child_instances, _Child_process, _Child_pending, _Child_running, _Child_nextId, _Child_ended, _Child_call, _Child_send, _Child_receive, _Child_take, _Child_end;
Object.defineProperty(exports, "__esModule", { value: true });
exports.RemoteExitError = exports.RemoteError = void 0;
exports.createRemote = createRemote;
/**
 * An object in a child process of its own, so that TensorFlow's work does not keep this process' event loop busy.
 *
 * A process and not a thread: TensorFlow.js' binding keeps global state and has crashed with several threads (tensorflow/tfjs#8312).
 */
var node_child_process_1 = require("node:child_process");
var node_module_1 = require("node:module");
var node_url_1 = require("node:url");
var base_1 = require("@icconv/base");
/** An error of the child. */
var RemoteError = /** @class */ (function (_super) {
    __extends(RemoteError, _super);
    function RemoteError(_a) {
        var name = _a.name, message = _a.message, code = _a.code, hints = _a.hints;
        var _this = _super.call(this, code !== null && code !== void 0 ? code : 'ICCONV_REMOTE', message, { hints: hints }) || this;
        _this.name = name;
        return _this;
    }
    RemoteError.kind = 'RemoteError';
    return RemoteError;
}(base_1.VisionError));
exports.RemoteError = RemoteError;
/** The child process died. */
var RemoteExitError = /** @class */ (function (_super) {
    __extends(RemoteExitError, _super);
    function RemoteExitError(reason) {
        var _this = _super.call(this, 'ICCONV_REMOTE_EXIT', "the process that runs TensorFlow ended: ".concat(reason, "; the next call starts another")) || this;
        _this.name = 'RemoteExitError';
        return _this;
    }
    RemoteExitError.kind = 'RemoteExitError';
    return RemoteExitError;
}(base_1.VisionError));
exports.RemoteExitError = RemoteExitError;
/** The child died before it began a call, which another may therefore do. */
var NotBegunError = /** @class */ (function (_super) {
    __extends(NotBegunError, _super);
    function NotBegunError() {
        return _super !== null && _super.apply(this, arguments) || this;
    }
    NotBegunError.kind = 'NotBegunError';
    return NotBegunError;
}(RemoteExitError));
/** Children that a call is given to, one after the other: where they die at their start, the next will as well. */
var MOST_CHILDREN = 3;
function startHost() {
    var here = import.meta.url;
    var beside = function (name) { return (0, node_url_1.fileURLToPath)(new URL("./".concat(name), here)); };
    if (!here.endsWith('.ts')) {
        return (0, node_child_process_1.fork)(beside(here.endsWith('.cjs') ? 'process-host.cjs' : 'process-host.js'), { serialization: 'advanced' });
    }
    // From the sources, as in the tests of a checkout.
    var loader = (0, node_url_1.pathToFileURL)((0, node_module_1.createRequire)(here).resolve('tsx')).href;
    var execArgv = ['--import', loader, '--conditions=icconv-source'];
    return (0, node_child_process_1.fork)(beside('host.ts'), { serialization: 'advanced', execArgv: execArgv });
}
var Child = /** @class */ (function () {
    function Child(_a) {
        var module = _a.module, options = _a.options;
        var _this = this;
        _Child_instances.add(this);
        _Child_process.set(this, void 0);
        _Child_pending.set(this, new Map());
        _Child_running.set(this, new Set());
        _Child_nextId.set(this, 0);
        _Child_ended.set(this, false);
        /** False as soon as there is a sign of its end. */
        this.alive = true;
        __classPrivateFieldSet(this, _Child_process, startHost(), "f");
        this.ready = new Promise(function (resolve, reject) {
            __classPrivateFieldGet(_this, _Child_pending, "f").set(-1, { resolve: resolve, reject: reject });
        });
        this.ready.catch(function () { });
        __classPrivateFieldGet(this, _Child_process, "f").on('message', function (message) { return __classPrivateFieldGet(_this, _Child_instances, "m", _Child_receive).call(_this, message); });
        var gone = function () {
            _this.alive = false;
        };
        __classPrivateFieldGet(this, _Child_process, "f").on('exit', gone);
        __classPrivateFieldGet(this, _Child_process, "f").on('disconnect', gone);
        // After the last of what it had sent.
        __classPrivateFieldGet(this, _Child_process, "f").on('close', function (code, signal) { return __classPrivateFieldGet(_this, _Child_instances, "m", _Child_end).call(_this, signal === null ? "exit code ".concat(code) : "signal ".concat(signal)); });
        __classPrivateFieldGet(this, _Child_process, "f").on('error', function (error) { return __classPrivateFieldGet(_this, _Child_instances, "m", _Child_end).call(_this, error.message); });
        __classPrivateFieldGet(this, _Child_instances, "m", _Child_send).call(this, { kind: 'start', module: module, options: options });
    }
    Child.prototype.call = function (method, args, signal) {
        var _this = this;
        var work = __classPrivateFieldGet(this, _Child_instances, "m", _Child_call).call(this, method, args, signal);
        var done = work.then(function () { return __classPrivateFieldGet(_this, _Child_running, "f").delete(done); }, function () { return __classPrivateFieldGet(_this, _Child_running, "f").delete(done); });
        __classPrivateFieldGet(this, _Child_running, "f").add(done);
        return work;
    };
    Child.prototype.stop = function () {
        return __awaiter(this, void 0, void 0, function () {
            var ended;
            var _this = this;
            return __generator(this, function (_a) {
                switch (_a.label) {
                    case 0: return [4 /*yield*/, Promise.allSettled(__classPrivateFieldGet(this, _Child_running, "f"))];
                    case 1:
                        _a.sent();
                        if (__classPrivateFieldGet(this, _Child_ended, "f"))
                            return [2 /*return*/];
                        ended = new Promise(function (resolve) { return __classPrivateFieldGet(_this, _Child_process, "f").once('close', function () { return resolve(); }); });
                        __classPrivateFieldGet(this, _Child_instances, "m", _Child_send).call(this, { kind: 'stop' });
                        return [4 /*yield*/, ended];
                    case 2:
                        _a.sent();
                        return [2 /*return*/];
                }
            });
        });
    };
    Child.prototype.kill = function () {
        __classPrivateFieldGet(this, _Child_process, "f").kill('SIGKILL');
    };
    return Child;
}());
_Child_process = new WeakMap(), _Child_pending = new WeakMap(), _Child_running = new WeakMap(), _Child_nextId = new WeakMap(), _Child_ended = new WeakMap(), _Child_instances = new WeakSet(), _Child_call = function _Child_call(method, args, signal) {
    return __awaiter(this, void 0, void 0, function () {
        var id, result, abort;
        var _this = this;
        var _a, _b;
        return __generator(this, function (_c) {
            switch (_c.label) {
                case 0: return [4 /*yield*/, this.ready];
                case 1:
                    _c.sent();
                    signal === null || signal === void 0 ? void 0 : signal.throwIfAborted();
                    id = (__classPrivateFieldSet(this, _Child_nextId, (_b = __classPrivateFieldGet(this, _Child_nextId, "f"), _a = _b++, _b), "f"), _a);
                    result = new Promise(function (resolve, reject) { return __classPrivateFieldGet(_this, _Child_pending, "f").set(id, { resolve: resolve, reject: reject }); });
                    abort = function () {
                        var _a;
                        __classPrivateFieldGet(_this, _Child_instances, "m", _Child_send).call(_this, { kind: 'abort', id: id });
                        (_a = __classPrivateFieldGet(_this, _Child_instances, "m", _Child_take).call(_this, id)) === null || _a === void 0 ? void 0 : _a.reject(signal.reason);
                    };
                    signal === null || signal === void 0 ? void 0 : signal.addEventListener('abort', abort, { once: true });
                    _c.label = 2;
                case 2:
                    _c.trys.push([2, , 4, 5]);
                    __classPrivateFieldGet(this, _Child_instances, "m", _Child_send).call(this, { kind: 'call', id: id, method: method, args: args });
                    return [4 /*yield*/, result];
                case 3: return [2 /*return*/, _c.sent()];
                case 4:
                    signal === null || signal === void 0 ? void 0 : signal.removeEventListener('abort', abort);
                    return [7 /*endfinally*/];
                case 5: return [2 /*return*/];
            }
        });
    });
}, _Child_send = function _Child_send(message) {
    // A failure to send is that of a child whose end is about to be told.
    if (this.alive)
        __classPrivateFieldGet(this, _Child_process, "f").send(message, function () { });
}, _Child_receive = function _Child_receive(message) {
    var _a, _b, _c, _d;
    switch (message.kind) {
        case 'ready':
            (_a = __classPrivateFieldGet(this, _Child_instances, "m", _Child_take).call(this, -1)) === null || _a === void 0 ? void 0 : _a.resolve(message.facts);
            break;
        case 'failed':
            (_b = __classPrivateFieldGet(this, _Child_instances, "m", _Child_take).call(this, -1)) === null || _b === void 0 ? void 0 : _b.reject(new RemoteError(message.error));
            this.kill();
            break;
        case 'began': {
            var pending = __classPrivateFieldGet(this, _Child_pending, "f").get(message.id);
            if (pending !== undefined)
                pending.began = true;
            break;
        }
        case 'result':
            (_c = __classPrivateFieldGet(this, _Child_instances, "m", _Child_take).call(this, message.id)) === null || _c === void 0 ? void 0 : _c.resolve(message.value);
            break;
        case 'error':
            (_d = __classPrivateFieldGet(this, _Child_instances, "m", _Child_take).call(this, message.id)) === null || _d === void 0 ? void 0 : _d.reject(new RemoteError(message.error));
    }
}, _Child_take = function _Child_take(id) {
    var pending = __classPrivateFieldGet(this, _Child_pending, "f").get(id);
    __classPrivateFieldGet(this, _Child_pending, "f").delete(id);
    return pending;
}, _Child_end = function _Child_end(reason) {
    this.alive = false;
    __classPrivateFieldSet(this, _Child_ended, true, "f");
    for (var _i = 0, _a = __classPrivateFieldGet(this, _Child_pending, "f").values(); _i < _a.length; _i++) {
        var _b = _a[_i], reject = _b.reject, began = _b.began;
        reject(began === true ? new RemoteExitError(reason) : new NotBegunError(reason));
    }
    __classPrivateFieldGet(this, _Child_pending, "f").clear();
};
/** Starts the child and waits until its object is made. @throws what `create` throws, as a {@link RemoteError}. */
function createRemote(options) {
    return __awaiter(this, void 0, void 0, function () {
        var child, disposed, facts;
        return __generator(this, function (_a) {
            switch (_a.label) {
                case 0:
                    child = new Child(options);
                    disposed = false;
                    return [4 /*yield*/, child.ready];
                case 1:
                    facts = _a.sent();
                    return [2 /*return*/, {
                            facts: facts,
                            call: function (method, args, signal) {
                                return __awaiter(this, void 0, void 0, function () {
                                    var children, error_1;
                                    return __generator(this, function (_a) {
                                        switch (_a.label) {
                                            case 0:
                                                children = 1;
                                                _a.label = 1;
                                            case 1:
                                                if (disposed)
                                                    throw new base_1.DisposedError(method, 'the remote object', 'create another');
                                                signal === null || signal === void 0 ? void 0 : signal.throwIfAborted();
                                                if (!child.alive)
                                                    child = new Child(options);
                                                _a.label = 2;
                                            case 2:
                                                _a.trys.push([2, 4, , 5]);
                                                return [4 /*yield*/, child.call(method, args, signal)];
                                            case 3: return [2 /*return*/, _a.sent()];
                                            case 4:
                                                error_1 = _a.sent();
                                                if (!(error_1 instanceof NotBegunError) || children === MOST_CHILDREN)
                                                    throw error_1;
                                                return [3 /*break*/, 5];
                                            case 5:
                                                children++;
                                                return [3 /*break*/, 1];
                                            case 6: return [2 /*return*/];
                                        }
                                    });
                                });
                            },
                            dispose: function () {
                                return __awaiter(this, void 0, void 0, function () {
                                    return __generator(this, function (_a) {
                                        switch (_a.label) {
                                            case 0:
                                                if (disposed)
                                                    return [2 /*return*/];
                                                disposed = true;
                                                return [4 /*yield*/, child.stop()];
                                            case 1:
                                                _a.sent();
                                                return [2 /*return*/];
                                        }
                                    });
                                });
                            },
                        }];
            }
        });
    });
}
