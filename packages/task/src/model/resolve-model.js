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
exports.resolveModel = resolveModel;
exports.changedModel = changedModel;
/** What a network is made from, and what that comes to: a description and weights. */
var node_fs_1 = require("node:fs");
var node_path_1 = require("node:path");
var config_1 = require("@icconv/base/config");
var tensor_ops_1 = require("@icconv/tensor-ops");
var fetch_row_1 = require("../zoo/fetch-row");
var find_row_1 = require("../zoo/find-row");
var backbone_choice_1 = require("./backbone-choice");
var model_folder_1 = require("./model-folder");
/** @throws ModelFileError, InvalidArgumentError, DownloadError, ConfigError for changes that do not fit. */
function resolveModel(task_1, source_1) {
    return __awaiter(this, arguments, void 0, function (task, source, options) {
        var given, resolved;
        if (options === void 0) { options = {}; }
        return __generator(this, function (_a) {
            switch (_a.label) {
                case 0:
                    given = typeof source === 'string' ? { model: source } : source;
                    return [4 /*yield*/, find(task, given, options)];
                case 1:
                    resolved = _a.sent();
                    if (given.changes === undefined)
                        return [2 /*return*/, resolved];
                    return [2 /*return*/, __assign(__assign({}, resolved), { model: changedModel(task, resolved.model, given.changes, { file: 'changes', place: 'config' }) })];
            }
        });
    });
}
/**
 * A model with some values of its configuration changed.
 *
 * @param at - where the changes stand, for messages.
 * @throws ConfigError with one line for each value that does not fit.
 */
function changedModel(_a, model, changes, at) {
    var _b = _a.model, configSchema = _b.configSchema, fixed = _b.fixed;
    var config = (0, config_1.withChanges)(model.config, changes, configSchema, __assign(__assign({}, at), { elsewhere: fixed }));
    return __assign(__assign({}, model), { config: config });
}
function find(task, source, options) {
    return __awaiter(this, void 0, void 0, function () {
        var _a, weights, model_1, checkpoint, reading, backbone, model;
        return __generator(this, function (_b) {
            switch (_b.label) {
                case 0:
                    if ('model' in source)
                        return [2 /*return*/, findNamed(task, source, options)];
                    if ('config' in source) {
                        _a = source, weights = _a.weights, model_1 = __rest(_a, ["weights"]);
                        return [2 /*return*/, { model: model_1, weights: weights }];
                    }
                    checkpoint = source;
                    reading = { opaqueClasses: options.opaqueClasses, limits: options.limits };
                    return [4 /*yield*/, (0, backbone_choice_1.chosenBackbone)(checkpoint, checkpoint.weights, reading)];
                case 1:
                    backbone = _b.sent();
                    return [4 /*yield*/, task.model.ofCheckpoint(checkpoint, backbone, checkpoint.weights, reading)];
                case 2:
                    model = _b.sent();
                    return [2 /*return*/, { model: model, weights: checkpoint.weights }];
            }
        });
    });
}
function findNamed(task_1, _a, options_1) {
    return __awaiter(this, arguments, void 0, function (task, _b, options) {
        var place, _c, model, weights, path, row_1, expected, row, _d;
        var _e, _f;
        var name = _b.model, chosen = _b.weights;
        return __generator(this, function (_g) {
            switch (_g.label) {
                case 0:
                    place = placeOf(name);
                    if (!(place === 'folder' || place === 'description')) return [3 /*break*/, 2];
                    return [4 /*yield*/, (0, model_folder_1.readModel)(task, name)];
                case 1:
                    _c = _g.sent(), model = _c.model, weights = _c.weights;
                    path = chosen !== null && chosen !== void 0 ? chosen : weights;
                    if (path === undefined)
                        throw new model_folder_1.ModelFileError(name, 'no weights beside the description');
                    return [2 /*return*/, { model: model, weights: path }];
                case 2:
                    if (!(place === 'weights')) return [3 /*break*/, 5];
                    row_1 = (0, find_row_1.rowOfFile)(task.zoo, name);
                    if (row_1 !== undefined)
                        return [2 /*return*/, { model: row_1.model, weights: chosen !== null && chosen !== void 0 ? chosen : name }];
                    if (!(0, node_fs_1.existsSync)((0, node_path_1.join)((0, node_path_1.dirname)(name), model_folder_1.MODEL_FILE))) return [3 /*break*/, 4];
                    _e = {};
                    return [4 /*yield*/, (0, model_folder_1.readModel)(task, (0, node_path_1.dirname)(name))];
                case 3: return [2 /*return*/, (_e.model = (_g.sent()).model, _e.weights = chosen !== null && chosen !== void 0 ? chosen : name, _e)];
                case 4:
                    expected = "a model's folder or a name of the zoo; of a bare checkpoint its backbone has to be given too";
                    throw new tensor_ops_1.InvalidArgumentError(task.inference.verb, 'model', name, expected);
                case 5:
                    row = (0, find_row_1.findRow)(task.zoo, name, task.noun);
                    _f = { model: row.model };
                    if (!(chosen !== null && chosen !== void 0)) return [3 /*break*/, 6];
                    _d = chosen;
                    return [3 /*break*/, 8];
                case 6: return [4 /*yield*/, (0, fetch_row_1.fetchRow)(row, options)];
                case 7:
                    _d = (_g.sent()).path;
                    _g.label = 8;
                case 8: return [2 /*return*/, (_f.weights = _d, _f)];
            }
        });
    });
}
function placeOf(path) {
    if (!(0, node_fs_1.existsSync)(path))
        return undefined;
    if ((0, node_fs_1.statSync)(path).isDirectory())
        return 'folder';
    return (0, node_path_1.basename)(path).endsWith('.json') ? 'description' : 'weights';
}
