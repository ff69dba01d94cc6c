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
exports.findInData = findInData;
exports.evaluateOn = evaluateOn;
var node_1 = require("@icconv/coco/node");
var bind_1 = require("../data/bind");
var create_runner_1 = require("../run/create-runner");
/**
 * What a network finds in every picture, as COCO's results: pixels of the pictures, category ids of the data set. Findings of classes that
 * the data set lacks are left out.
 *
 * @throws InvalidArgumentError where data and network do not fit; ImageDecodeError with the file that cannot be read.
 */
function findInData(task_1, runner_1, data_1) {
    return __awaiter(this, arguments, void 0, function (task, runner, data, _a) {
        var bound, pictures, call, records, at, paths, _b, _c, _d, result, imageId, _i, _e, record, e_1_1;
        var _f, e_1, _g, _h;
        var _j = _a === void 0 ? {} : _a, options = _j.options, _k = _j.batchSize, batchSize = _k === void 0 ? 4 : _k, onUnreadable = _j.onUnreadable, _l = _j.tolerateDamage, tolerateDamage = _l === void 0 ? false : _l, onProgress = _j.onProgress, signal = _j.signal;
        return __generator(this, function (_m) {
            switch (_m.label) {
                case 0:
                    bound = (0, bind_1.bindData)(task, runner.model, data, 'evaluation');
                    pictures = (0, node_1.pictureFiles)(bound);
                    call = __assign(__assign(__assign(__assign({}, options), { batchSize: batchSize, onError: onUnreadable === 'skip' ? 'report' : 'throw', decode: { tolerateDamage: tolerateDamage } }), (onProgress !== undefined && { onProgress: onProgress })), (signal !== undefined && { signal: signal }));
                    records = [];
                    at = 0;
                    paths = pictures.map(function (_a) {
                        var image = _a.image;
                        return image;
                    });
                    _m.label = 1;
                case 1:
                    _m.trys.push([1, 6, 7, 12]);
                    _b = true, _c = __asyncValues(runner.stream(paths, call));
                    _m.label = 2;
                case 2: return [4 /*yield*/, _c.next()];
                case 3:
                    if (!(_d = _m.sent(), _f = _d.done, !_f)) return [3 /*break*/, 5];
                    _h = _d.value;
                    _b = false;
                    result = _h;
                    imageId = pictures[at++].imageId;
                    // One by one: a call takes some 10^5 arguments at most.
                    for (_i = 0, _e = task.evaluation.records(result, imageId, bound.categoryIds); _i < _e.length; _i++) {
                        record = _e[_i];
                        records.push(record);
                    }
                    _m.label = 4;
                case 4:
                    _b = true;
                    return [3 /*break*/, 2];
                case 5: return [3 /*break*/, 12];
                case 6:
                    e_1_1 = _m.sent();
                    e_1 = { error: e_1_1 };
                    return [3 /*break*/, 12];
                case 7:
                    _m.trys.push([7, , 10, 11]);
                    if (!(!_b && !_f && (_g = _c.return))) return [3 /*break*/, 9];
                    return [4 /*yield*/, _g.call(_c)];
                case 8:
                    _m.sent();
                    _m.label = 9;
                case 9: return [3 /*break*/, 11];
                case 10:
                    if (e_1) throw e_1.error;
                    return [7 /*endfinally*/];
                case 11: return [7 /*endfinally*/];
                case 12: return [2 /*return*/, { records: records, data: bound }];
            }
        });
    });
}
/**
 * Evaluates.
 *
 * @param source - a network in this process or in another, which stays the caller's; or what `createRunner` makes one from.
 * @returns the metric of the task, with `stats` by name.
 */
function evaluateOn(task_1, source_1, data_1) {
    return __awaiter(this, arguments, void 0, function (task, source, data, options) {
        var found, _, loading, runner;
        if (options === void 0) { options = {}; }
        return __generator(this, function (_a) {
            switch (_a.label) {
                case 0:
                    if (!isRunner(source)) return [3 /*break*/, 2];
                    return [4 /*yield*/, findInData(task, source, data, options)];
                case 1:
                    found = _a.sent();
                    return [2 /*return*/, task.evaluation.score(found.records, found.data, source.model, options)];
                case 2:
                    _ = options.onProgress, loading = __rest(options, ["onProgress"]);
                    return [4 /*yield*/, (0, create_runner_1.createRunner)(task, source, loading)];
                case 3:
                    runner = _a.sent();
                    _a.label = 4;
                case 4:
                    _a.trys.push([4, , 6, 8]);
                    return [4 /*yield*/, evaluateOn(task, runner, data, options)];
                case 5: return [2 /*return*/, _a.sent()];
                case 6: return [4 /*yield*/, runner.dispose()];
                case 7:
                    _a.sent();
                    return [7 /*endfinally*/];
                case 8: return [2 /*return*/];
            }
        });
    });
}
var isRunner = function (source) {
    return typeof source === 'object' && 'stream' in source;
};
