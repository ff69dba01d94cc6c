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
/** The child process: owns TensorFlow, makes the object that is asked for, and calls its methods. */
var base_1 = require("@icconv/base");
var hosted;
var running = new Map();
var send = function (message) { var _a; return (_a = process.send) === null || _a === void 0 ? void 0 : _a.call(process, message); };
process.on('message', function (message) {
    var _a;
    switch (message.kind) {
        case 'start':
            void start(message.module, message.options);
            break;
        case 'call':
            void call(message.id, message.method, message.args);
            break;
        case 'abort':
            (_a = running.get(message.id)) === null || _a === void 0 ? void 0 : _a.abort();
            break;
        case 'stop':
            void stop();
    }
});
// The parent decides when to end: Ctrl-C in a terminal reaches both.
process.on('SIGINT', function () { });
process.on('disconnect', function () { return process.exit(0); });
function start(module, options) {
    return __awaiter(this, void 0, void 0, function () {
        var create, error_1;
        return __generator(this, function (_a) {
            switch (_a.label) {
                case 0:
                    _a.trys.push([0, 3, , 4]);
                    return [4 /*yield*/, Promise.resolve("".concat(module)).then(function (s) { return require(s); })];
                case 1:
                    create = (_a.sent()).create;
                    return [4 /*yield*/, create(options)];
                case 2:
                    hosted = _a.sent();
                    send({ kind: 'ready', facts: hosted.facts });
                    return [3 /*break*/, 4];
                case 3:
                    error_1 = _a.sent();
                    send({ kind: 'failed', error: report(error_1) });
                    return [3 /*break*/, 4];
                case 4: return [2 /*return*/];
            }
        });
    });
}
function call(id, method, args) {
    return __awaiter(this, void 0, void 0, function () {
        var controller, work, _a, error_2;
        var _b;
        return __generator(this, function (_c) {
            switch (_c.label) {
                case 0:
                    send({ kind: 'began', id: id });
                    controller = new AbortController();
                    running.set(id, controller);
                    _c.label = 1;
                case 1:
                    _c.trys.push([1, 3, 4, 5]);
                    work = hosted.methods[method];
                    _a = send;
                    _b = { kind: 'result', id: id };
                    return [4 /*yield*/, work.apply(void 0, __spreadArray(__spreadArray([], args, false), [controller.signal], false))];
                case 2:
                    _a.apply(void 0, [(_b.value = _c.sent(), _b)]);
                    return [3 /*break*/, 5];
                case 3:
                    error_2 = _c.sent();
                    send({ kind: 'error', id: id, error: report(error_2) });
                    return [3 /*break*/, 5];
                case 4:
                    running.delete(id);
                    return [7 /*endfinally*/];
                case 5: return [2 /*return*/];
            }
        });
    });
}
function stop() {
    return __awaiter(this, void 0, void 0, function () {
        var _a;
        return __generator(this, function (_b) {
            switch (_b.label) {
                case 0: return [4 /*yield*/, ((_a = hosted === null || hosted === void 0 ? void 0 : hosted.dispose) === null || _a === void 0 ? void 0 : _a.call(hosted))];
                case 1:
                    _b.sent();
                    process.exit(0);
                    return [2 /*return*/];
            }
        });
    });
}
function report(error) {
    var _a = error, name = _a.name, message = _a.message, code = _a.code;
    var hints = base_1.VisionError.isInstance(error) ? error.hints : [];
    return {
        name: name !== null && name !== void 0 ? name : 'Error',
        message: message !== null && message !== void 0 ? message : String(error),
        code: typeof code === 'string' ? code : undefined,
        hints: hints,
    };
}
