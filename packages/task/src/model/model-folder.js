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
exports.ModelFileError = exports.MODEL_FILE = void 0;
exports.writeModel = writeModel;
exports.readModel = readModel;
exports.taskOfFolder = taskOfFolder;
/** A trained model in a folder: `model.json` says what it is, a weights file beside it what it has learned. */
var node_fs_1 = require("node:fs");
var node_path_1 = require("node:path");
var base_1 = require("@icconv/base");
var files_1 = require("@icconv/base/files");
/** Name of the description in a model's folder. */
exports.MODEL_FILE = 'model.json';
/** Looked for in this order where no weights are named. */
var WEIGHT_FILES = ['model.safetensors', 'best.safetensors', 'final.safetensors'];
/** A description that cannot be read, or is none. */
var ModelFileError = /** @class */ (function (_super) {
    __extends(ModelFileError, _super);
    function ModelFileError(path, fault, options) {
        return _super.call(this, 'ICCONV_MODEL_FILE', "".concat(path, ": ").concat(fault), options) || this;
    }
    ModelFileError.kind = 'ModelFileError';
    return ModelFileError;
}(base_1.VisionError));
exports.ModelFileError = ModelFileError;
/** Writes `model.json` into the folder, which is made where it is missing. @returns its path. */
function writeModel(task, folder, model) {
    return __awaiter(this, void 0, void 0, function () {
        var path, description;
        return __generator(this, function (_a) {
            switch (_a.label) {
                case 0:
                    path = (0, node_path_1.join)(folder, exports.MODEL_FILE);
                    description = __assign({ format: task.model.format }, task.model.toJson(model));
                    return [4 /*yield*/, (0, files_1.writeAtomically)(path, "".concat(JSON.stringify(description, null, 2), "\n"))];
                case 1:
                    _a.sent();
                    return [2 /*return*/, path];
            }
        });
    });
}
/**
 * Reads a description.
 *
 * @param path - the folder, or the file itself.
 * @throws {@link ModelFileError} with every fault and its place.
 */
function readModel(task, path) {
    return __awaiter(this, void 0, void 0, function () {
        var file, _a, format, rest, expected, result, faults, weights;
        return __generator(this, function (_b) {
            switch (_b.label) {
                case 0:
                    file = descriptionIn(path);
                    if (!(0, node_fs_1.existsSync)(file))
                        throw new ModelFileError(file, "not found; expected the folder of a trained ".concat(task.noun));
                    return [4 /*yield*/, readJson(file)];
                case 1:
                    _a = _b.sent(), format = _a.format, rest = __rest(_a, ["format"]);
                    if (format !== task.model.format) {
                        expected = "expected \"".concat(task.model.format, "\", a ").concat(task.noun, "'s");
                        throw new ModelFileError(file, "format: ".concat(expected, ", received ").concat(JSON.stringify(format)));
                    }
                    result = task.model.schema.safeParse(rest);
                    if (!result.success) {
                        faults = result.error.issues.map(function (_a) {
                            var place = _a.path, message = _a.message;
                            return "".concat(place.join('.') || 'file', ": ").concat(message);
                        });
                        throw new ModelFileError(file, faults.join('; '));
                    }
                    weights = WEIGHT_FILES.map(function (name) { return (0, node_path_1.join)((0, node_path_1.dirname)(file), name); }).find(function (name) { return (0, node_fs_1.existsSync)(name); });
                    return [2 /*return*/, { model: result.data, weights: weights }];
            }
        });
    });
}
/** Which of the tasks a folder's model is of. @throws {@link ModelFileError} */
function taskOfFolder(path, tasks) {
    return __awaiter(this, void 0, void 0, function () {
        var file, format, found, known;
        return __generator(this, function (_a) {
            switch (_a.label) {
                case 0:
                    file = descriptionIn(path);
                    if (!(0, node_fs_1.existsSync)(file))
                        throw new ModelFileError(file, 'not found; expected the folder of a trained model');
                    return [4 /*yield*/, readJson(file)];
                case 1:
                    format = (_a.sent()).format;
                    found = tasks.find(function (_a) {
                        var task = _a.task;
                        return task.model.format === format;
                    });
                    if (found !== undefined)
                        return [2 /*return*/, found];
                    known = tasks.map(function (_a) {
                        var task = _a.task;
                        return "\"".concat(task.model.format, "\"");
                    }).join(', ');
                    throw new ModelFileError(file, "format: expected one of ".concat(known, ", received ").concat(JSON.stringify(format)));
            }
        });
    });
}
var descriptionIn = function (path) {
    return (0, node_fs_1.existsSync)(path) && (0, node_fs_1.statSync)(path).isDirectory() ? (0, node_path_1.join)(path, exports.MODEL_FILE) : path;
};
function readJson(file) {
    return __awaiter(this, void 0, void 0, function () {
        var json, _a, _b, error_1, fault;
        return __generator(this, function (_c) {
            switch (_c.label) {
                case 0:
                    _c.trys.push([0, 2, , 3]);
                    _b = (_a = JSON).parse;
                    return [4 /*yield*/, (0, files_1.readText)(file)];
                case 1:
                    json = _b.apply(_a, [_c.sent()]);
                    return [3 /*break*/, 3];
                case 2:
                    error_1 = _c.sent();
                    fault = base_1.FileError.isInstance(error_1) ? error_1.reason : "is no JSON: ".concat(error_1.message);
                    throw new ModelFileError(file, fault, { cause: error_1 });
                case 3:
                    if (!(0, base_1.isRecord)(json))
                        throw new ModelFileError(file, 'expected an object');
                    return [2 /*return*/, json];
            }
        });
    });
}
