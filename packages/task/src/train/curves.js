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
exports.writeTrainingCurves = writeTrainingCurves;
/** Curves of a training, from the rows of its `results.csv`. */
var node_path_1 = require("node:path");
var pictures_1 = require("@icconv/base/pictures");
var SIZE = { width: 960, height: 420 };
/** Losses at the left, metrics of the evaluations at the right, over epochs. */
function trainingCurvesChart(rows, title) {
    var columns = __spreadArray([], new Set(rows.flatMap(function (row) { return Object.keys(row); })), true);
    var line = function (column, axis) { return ({
        name: column.slice(column.indexOf('/') + 1),
        type: 'line',
        xAxisIndex: axis,
        yAxisIndex: axis,
        showSymbol: axis === 1,
        symbolSize: 4,
        data: rows.filter(function (row) { return typeof row[column] === 'number'; }).map(function (row) { return [row.epoch, row[column]]; }),
    }); };
    var losses = columns.filter(function (column) { return column.startsWith('train/'); });
    var metrics = columns.filter(function (column) { return column.startsWith('val/'); });
    var xAxis = { type: 'value', name: 'epoch', nameLocation: 'middle', nameGap: 26, minInterval: 1, min: 0 };
    var epochs = Math.max.apply(Math, rows.map(function (row) { return Number(row.epoch); }));
    var best = Math.max.apply(Math, __spreadArray([0], rows.flatMap(function (row) { return metrics.map(function (column) { var _a; return Number((_a = row[column]) !== null && _a !== void 0 ? _a : 0); }); }), false));
    return {
        animation: false,
        backgroundColor: '#fff',
        title: [
            { text: title, left: 10, top: 6, textStyle: { fontSize: 14 } },
            { text: 'losses', left: 60, top: 34, textStyle: { fontSize: 12 } },
            { text: 'evaluation', left: 540, top: 34, textStyle: { fontSize: 12 } },
        ],
        legend: { bottom: 4 },
        grid: [
            { left: 60, width: 390, top: 64, bottom: 84 },
            { left: 540, width: 390, top: 64, bottom: 84 },
        ],
        xAxis: [
            __assign(__assign({}, xAxis), { gridIndex: 0, max: epochs }),
            __assign(__assign({}, xAxis), { gridIndex: 1, max: epochs }),
        ],
        yAxis: [
            { type: 'value', gridIndex: 0, min: 0 },
            __assign({ type: 'value', gridIndex: 1, min: 0 }, (best <= 1 && { max: 1 })),
        ],
        series: __spreadArray(__spreadArray([], losses.map(function (column) { return line(column, 0); }), true), metrics.map(function (column) { return line(column, 1); }), true),
    };
}
/** Writes `curves.svg` and `curves.png` into the folder. */
function writeTrainingCurves(folder, rows, title) {
    return __awaiter(this, void 0, void 0, function () {
        var renderSvg;
        return __generator(this, function (_a) {
            switch (_a.label) {
                case 0:
                    if (rows.length === 0)
                        return [2 /*return*/];
                    return [4 /*yield*/, Promise.resolve().then(function () { return require('@icconv/coco/report'); })];
                case 1:
                    renderSvg = (_a.sent()).renderSvg;
                    return [4 /*yield*/, (0, pictures_1.writeChart)((0, node_path_1.join)(folder, 'curves'), renderSvg(trainingCurvesChart(rows, title), SIZE))];
                case 2:
                    _a.sent();
                    return [2 /*return*/];
            }
        });
    });
}
