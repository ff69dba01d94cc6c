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
exports.rowPath = rowPath;
exports.fetchRow = fetchRow;
/** Brings a published checkpoint into the user's cache. */
var node_path_1 = require("node:path");
var tensor_ops_1 = require("@icconv/tensor-ops");
var download_1 = require("@icconv/tensor-ops/download");
var find_row_1 = require("./find-row");
/** Where a checkpoint is or would be kept. @throws InvalidArgumentError for one that must be fetched by hand, with the steps. */
function rowPath(row, folder) {
    if (folder === void 0) { folder = (0, node_path_1.join)((0, download_1.cacheRoot)(), 'models'); }
    var library = row.name.split('/')[0];
    return (0, node_path_1.join)(folder, library, (0, find_row_1.fileName)(fileOf(row).url));
}
/**
 * Provides a checkpoint's file: out of the cache when it is there and whole, else from its publisher. What an earlier call left
 * unfinished is gone on with; several may run at once.
 *
 * @throws InvalidArgumentError for one that must be fetched by hand, with the steps; DownloadError with reason and remedy.
 */
function fetchRow(row_1) {
    return __awaiter(this, arguments, void 0, function (row, options) {
        var _a, url, sha256, folder, _b, mirror, rest, path, downloaded;
        if (options === void 0) { options = {}; }
        return __generator(this, function (_c) {
            switch (_c.label) {
                case 0:
                    _a = fileOf(row), url = _a.url, sha256 = _a.sha256;
                    folder = options.folder, _b = options.url, mirror = _b === void 0 ? url : _b, rest = __rest(options, ["folder", "url"]);
                    path = rowPath(row, folder);
                    return [4 /*yield*/, (0, download_1.downloadFile)(__assign(__assign({}, rest), { url: mirror, path: path, sha256: sha256 }))];
                case 1:
                    downloaded = _c.sent();
                    return [2 /*return*/, { name: row.name, path: path, downloaded: downloaded }];
            }
        });
    });
}
function fileOf(_a) {
    var name = _a.name, file = _a.file;
    if ('url' in file)
        return file;
    var steps = file.steps.map(function (step, index) { return "\n  ".concat(index + 1, ". ").concat(step); }).join('');
    throw new tensor_ops_1.InvalidArgumentError('model', 'name', name, "that of a file without a log-in; this one by hand:".concat(steps));
}
