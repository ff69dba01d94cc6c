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
var node_perf_hooks_1 = require("node:perf_hooks");
var promises_1 = require("node:timers/promises");
var vitest_1 = require("vitest");
var process_1 = require("../../src/process");
var module = new URL('./counter.ts', import.meta.url).href;
var remote;
(0, vitest_1.afterEach)(function () { return remote === null || remote === void 0 ? void 0 : remote.dispose(); });
(0, vitest_1.test)('calls, results, typed arrays, errors with name and code', function () { return __awaiter(void 0, void 0, void 0, function () {
    var _a, _b, error;
    return __generator(this, function (_c) {
        switch (_c.label) {
            case 0: return [4 /*yield*/, (0, process_1.createRemote)({ module: module, options: { start: 3 } })];
            case 1:
                remote = _c.sent();
                (0, vitest_1.expect)(remote.facts).toMatchObject({ start: 3 });
                _a = vitest_1.expect;
                return [4 /*yield*/, Promise.all([remote.call('add', [1]), remote.call('add', [2])])];
            case 2:
                _a.apply(void 0, [_c.sent()]).toEqual([4, 6]);
                _b = vitest_1.expect;
                return [4 /*yield*/, remote.call('bytes', [Uint8Array.of(1, 2, 250)])];
            case 3:
                _b.apply(void 0, [_c.sent()]).toBe(253);
                return [4 /*yield*/, remote.call('throws', []).catch(function (reason) { return reason; })];
            case 4:
                error = _c.sent();
                (0, vitest_1.expect)(error).toBeInstanceOf(process_1.RemoteError);
                (0, vitest_1.expect)(error).toMatchObject({ name: 'RangeError', code: 'FAR', message: 'too far' });
                return [2 /*return*/];
        }
    });
}); });
(0, vitest_1.test)('a failing start is an error of the start', function () { return __awaiter(void 0, void 0, void 0, function () {
    return __generator(this, function (_a) {
        switch (_a.label) {
            case 0: return [4 /*yield*/, (0, vitest_1.expect)((0, process_1.createRemote)({ module: module, options: { start: 0, fail: true } })).rejects.toThrow('no start')];
            case 1:
                _a.sent();
                return [2 /*return*/];
        }
    });
}); });
(0, vitest_1.test)('aborted calls end here and there', function () { return __awaiter(void 0, void 0, void 0, function () {
    var controller, work;
    return __generator(this, function (_a) {
        switch (_a.label) {
            case 0: return [4 /*yield*/, (0, process_1.createRemote)({ module: module, options: { start: 0 } })];
            case 1:
                remote = _a.sent();
                controller = new AbortController();
                work = remote.call('wait', [60000], controller.signal);
                setTimeout(function () { return controller.abort(); }, 20);
                return [4 /*yield*/, (0, vitest_1.expect)(work).rejects.toThrow(/abort/i)];
            case 2:
                _a.sent();
                // Were the other one still running, disposal would wait for it.
                return [4 /*yield*/, remote.dispose()];
            case 3:
                // Were the other one still running, disposal would wait for it.
                _a.sent();
                return [4 /*yield*/, (0, vitest_1.expect)(remote.call('add', [1])).rejects.toThrow(/disposed/)];
            case 4:
                _a.sent();
                return [2 /*return*/];
        }
    });
}); });
(0, vitest_1.test)('a death ends running calls, and the next call starts anew', function () { return __awaiter(void 0, void 0, void 0, function () {
    var _a;
    return __generator(this, function (_b) {
        switch (_b.label) {
            case 0: return [4 /*yield*/, (0, process_1.createRemote)({ module: module, options: { start: 5 } })];
            case 1:
                remote = _b.sent();
                return [4 /*yield*/, remote.call('add', [1])];
            case 2:
                _b.sent();
                return [4 /*yield*/, (0, vitest_1.expect)(remote.call('die', [])).rejects.toThrow(process_1.RemoteExitError)];
            case 3:
                _b.sent();
                _a = vitest_1.expect;
                return [4 /*yield*/, remote.call('add', [1])];
            case 4:
                _a.apply(void 0, [_b.sent()]).toBe(6);
                return [2 /*return*/];
        }
    });
}); });
(0, vitest_1.test)('a child that is killed between calls is replaced, whenever its death shows', function () { return __awaiter(void 0, void 0, void 0, function () {
    var round, _a, _b, _c;
    return __generator(this, function (_d) {
        switch (_d.label) {
            case 0: return [4 /*yield*/, (0, process_1.createRemote)({ module: module, options: { start: 5 } })];
            case 1:
                remote = _d.sent();
                round = 0;
                _d.label = 2;
            case 2:
                if (!(round < 4)) return [3 /*break*/, 10];
                _b = (_a = process).kill;
                return [4 /*yield*/, remote.call('pid', [])];
            case 3:
                _b.apply(_a, [(_d.sent()), 'SIGKILL']);
                if (!(round % 4 === 1)) return [3 /*break*/, 5];
                return [4 /*yield*/, new Promise(setImmediate)];
            case 4:
                _d.sent();
                _d.label = 5;
            case 5:
                if (!(round % 4 > 1)) return [3 /*break*/, 7];
                return [4 /*yield*/, (0, promises_1.setTimeout)(round % 4 === 2 ? 2 : 50)];
            case 6:
                _d.sent();
                _d.label = 7;
            case 7:
                _c = vitest_1.expect;
                return [4 /*yield*/, Promise.all([remote.call('add', [1]), remote.call('add', [1])])];
            case 8:
                _c.apply(void 0, [_d.sent()]).toEqual([6, 7]);
                _d.label = 9;
            case 9:
                round++;
                return [3 /*break*/, 2];
            case 10: return [2 /*return*/];
        }
    });
}); });
(0, vitest_1.test)('a call that had begun fails when the child is killed; those behind it that had not go to the next child', function () { return __awaiter(void 0, void 0, void 0, function () {
    var pid, begun, waiting, _a;
    return __generator(this, function (_b) {
        switch (_b.label) {
            case 0: return [4 /*yield*/, (0, process_1.createRemote)({ module: module, options: { start: 5 } })];
            case 1:
                remote = _b.sent();
                return [4 /*yield*/, remote.call('pid', [])];
            case 2:
                pid = (_b.sent());
                begun = remote.call('spin', [60000]);
                begun.catch(function () { });
                return [4 /*yield*/, (0, promises_1.setTimeout)(200)];
            case 3:
                _b.sent();
                waiting = remote.call('add', [1]);
                process.kill(pid, 'SIGKILL');
                return [4 /*yield*/, (0, vitest_1.expect)(begun).rejects.toMatchObject({ code: 'ICCONV_REMOTE_EXIT', name: 'RemoteExitError' })];
            case 4:
                _b.sent();
                _a = vitest_1.expect;
                return [4 /*yield*/, waiting];
            case 5:
                _a.apply(void 0, [_b.sent()]).toBe(6);
                return [2 /*return*/];
        }
    });
}); });
(0, vitest_1.test)('work there does not hold up this event loop', function () { return __awaiter(void 0, void 0, void 0, function () {
    var delay, _a;
    return __generator(this, function (_b) {
        switch (_b.label) {
            case 0: return [4 /*yield*/, (0, process_1.createRemote)({ module: module, options: { start: 0 } })];
            case 1:
                remote = _b.sent();
                delay = (0, node_perf_hooks_1.monitorEventLoopDelay)({ resolution: 5 });
                delay.enable();
                _a = vitest_1.expect;
                return [4 /*yield*/, remote.call('spin', [400])];
            case 2:
                _a.apply(void 0, [_b.sent()]).toBe('spun');
                delay.disable();
                // The median: other programs of the machine may take the processor away now and then.
                (0, vitest_1.expect)(delay.percentile(50) / 1e6).toBeLessThan(20);
                return [2 /*return*/];
        }
    });
}); });
(0, vitest_1.test)('disposal waits for running calls', function () { return __awaiter(void 0, void 0, void 0, function () {
    var work, _a;
    return __generator(this, function (_b) {
        switch (_b.label) {
            case 0: return [4 /*yield*/, (0, process_1.createRemote)({ module: module, options: { start: 0 } })];
            case 1:
                remote = _b.sent();
                work = remote.call('wait', [100]);
                return [4 /*yield*/, remote.dispose()];
            case 2:
                _b.sent();
                _a = vitest_1.expect;
                return [4 /*yield*/, work];
            case 3:
                _a.apply(void 0, [_b.sent()]).toBe('waited');
                return [2 /*return*/];
        }
    });
}); });
