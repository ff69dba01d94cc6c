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
exports.trainingSchema = trainingSchema;
exports.networkForData = networkForData;
exports.networkOfFolder = networkOfFolder;
exports.presetFor = presetFor;
exports.startOf = startOf;
/** Configurations of trainings: what a file or an object may say, and what it comes to. */
var node_fs_1 = require("node:fs");
var config_1 = require("@icconv/base/config");
var files_1 = require("@icconv/base/files");
var node_1 = require("@icconv/coco/node");
var inception_conv_1 = require("@icconv/inception-conv");
var models_1 = require("@icconv/models");
var files_2 = require("@icconv/models/files");
var training_1 = require("@icconv/training");
var zod_1 = require("zod");
var model_folder_1 = require("../model/model-folder");
var resolve_model_1 = require("../model/resolve-model");
var patternSchema = zod_1.z.union([
    /** By the advice of the method's author, see `withManualPattern`. */
    zod_1.z.strictObject({ manual: zod_1.z.strictObject({ maxDilation: zod_1.z.int().min(1).max(16) }) }),
    zod_1.z.strictObject({ file: zod_1.z.string() }),
    zod_1.z.enum(models_1.PATTERN_NAMES),
]);
var backboneFields = {
    backbone: files_2.backboneSchema.omit({ conv: true }),
    /** Dilations of the backbone's 3x3 convolutions; plain without. */
    pattern: patternSchema.optional(),
    /** Super-kernels in their place, from which `icconv search` chooses dilations up to this. */
    super: zod_1.z.strictObject({ maxDilation: zod_1.z.int().min(1).max(64) }).optional(),
};
/** Annotations in COCO's format and the folder of their pictures; or a folder of pictures for each class. */
var dataSet = zod_1.z.strictObject({ annotations: zod_1.z.string(), images: zod_1.z.string().exactOptional() });
/** Start: a checkpoint, a model's folder or a name of the zoo; of a whole network, or of a backbone. */
var startSchema = zod_1.z.strictObject({
    file: zod_1.z.string(),
    part: zod_1.z.enum(['whole', 'backbone']).exactOptional(),
    /** Python functions and classes that the file need not be refused for: kept closed, never run. */
    opaqueClasses: zod_1.z.array(zod_1.z.string()).exactOptional(),
});
/** Of a training's configuration, with the values of the preset that it names underneath. */
function trainingSchema(_a) {
    var _b = _a.model, configSchema = _b.configSchema, fixed = _b.fixed, training = _a.training;
    var _c = training.settings, presets = _c.presets, model = _c.model, data = _c.data, recipe = _c.recipe, evaluation = _c.evaluation;
    var schema = zod_1.z.strictObject(__assign(__assign({ preset: zod_1.z.string().optional(), model: zod_1.z.strictObject(__assign(__assign(__assign({}, backboneFields), model), { 
            /** What differs from the task's own configuration, by its names. */
            config: (0, config_1.changesOf)(configSchema, fixed).default({}) })), data: zod_1.z.strictObject(__assign(__assign({ train: dataSet, val: dataSet.optional() }, node_1.pictureFields), data)), recipe: zod_1.z.strictObject(__assign(__assign(__assign(__assign({}, training_1.recipeSchema.shape), files_2.freezingSchema.shape), { skipEmpty: zod_1.z.boolean().optional() }), recipe)) }, (evaluation !== undefined && { evaluation: zod_1.z.strictObject(evaluation).optional() })), { weights: startSchema.optional(), 
        /** Folder of the run. */
        output: zod_1.z.string() }));
    return (0, config_1.withPresets)(presets, schema);
}
/**
 * The network and recipe of a configuration, for the data set to learn from.
 *
 * @param file - the configuration's, which the paths in it are relative to.
 * @throws ConfigError where a value does not fit.
 */
function networkForData(task_1, _a, dataset_1, file_1) {
    return __awaiter(this, arguments, void 0, function (task, _b, dataset, file) {
        var backbone, pattern, wide, changes, rest, chosen, network, changed;
        var model = _b.model, data = _b.data, recipe = _b.recipe;
        return __generator(this, function (_c) {
            switch (_c.label) {
                case 0:
                    backbone = model.backbone, pattern = model.pattern, wide = model.super, changes = model.config, rest = __rest(model, ["backbone", "pattern", "super", "config"]);
                    return [4 /*yield*/, backboneOf(file, { backbone: backbone, pattern: pattern, super: wide })];
                case 1:
                    chosen = _c.sent();
                    network = task.training.settings.network({ model: rest, data: data, file: file }, chosen, dataset);
                    changed = (0, resolve_model_1.changedModel)(task, network.model, changes, { file: file, place: 'model.config' });
                    return [2 /*return*/, __assign(__assign({}, network), { model: changed, recipe: recipe })];
            }
        });
    });
}
/** The same with the network of a trained model's folder, and its classes, instead of the configuration's. @throws ModelFileError */
function networkOfFolder(task_1, folder_1, _a) {
    return __awaiter(this, arguments, void 0, function (task, folder, _b) {
        var model;
        var recipe = _b.recipe;
        return __generator(this, function (_c) {
            switch (_c.label) {
                case 0: return [4 /*yield*/, (0, model_folder_1.readModel)(task, folder)];
                case 1:
                    model = (_c.sent()).model;
                    return [2 /*return*/, { model: model, recipe: recipe, categoryIds: function () { return undefined; }, notes: [] }];
            }
        });
    });
}
/**
 * A preset's network and recipe for a data set, from code.
 *
 * @param changes - what differs, by the places of a configuration file: `{ recipe: { epochs: 3 } }`.
 * @throws ConfigError where a value does not fit.
 * @example
 * ```ts
 * const { model, recipe } = await presetFor(DETECTION, 'small', dataset, { recipe: { epochs: 3 } });
 * ```
 */
function presetFor(task_1, preset_1, dataset_1) {
    return __awaiter(this, arguments, void 0, function (task, preset, dataset, changes) {
        var place, data, result;
        if (changes === void 0) { changes = {}; }
        return __generator(this, function (_a) {
            place = "preset ".concat(preset);
            data = __assign({ train: { annotations: '' } }, changes.data);
            result = trainingSchema(task).safeParse(__assign(__assign({ preset: preset, output: '' }, changes), { data: data }));
            if (result.success)
                return [2 /*return*/, networkForData(task, result.data, dataset, place)];
            throw new config_1.ConfigError(result.error.issues.map(function (_a) {
                var path = _a.path, message = _a.message;
                return "".concat(place, ": ").concat(path.join('.'), ": ").concat(message);
            }).join('\n'));
        });
    });
}
/** Where a configuration's training begins. */
function startOf(file, _a) {
    var weights = _a.weights;
    if (weights === undefined)
        return undefined;
    var from = weights.file, rest = __rest(weights, ["file"]);
    var beside = (0, config_1.besideConfig)(file, from);
    // What is no file may be a name of the zoo.
    return __assign(__assign({}, rest), { from: (0, node_fs_1.existsSync)(beside) ? beside : from });
}
/** @throws {@link ConfigError} for a pattern that cannot be read. */
function backboneOf(file_1, _a) {
    return __awaiter(this, arguments, void 0, function (file, _b) {
        var path, text;
        var backbone = _b.backbone, pattern = _b.pattern, wide = _b.super;
        return __generator(this, function (_c) {
            switch (_c.label) {
                case 0:
                    if (wide !== undefined) {
                        if (pattern !== undefined)
                            throw new config_1.ConfigError("".concat(file, ": model: expected either pattern or super, not both"));
                        return [2 /*return*/, __assign(__assign({}, backbone), { conv: { kind: 'super', size: 2 * wide.maxDilation + 1 } })];
                    }
                    if (pattern === undefined)
                        return [2 /*return*/, backbone];
                    if (typeof pattern === 'string')
                        return [2 /*return*/, __assign(__assign({}, backbone), { conv: { kind: 'inception', pattern: pattern } })];
                    if ('manual' in pattern)
                        return [2 /*return*/, (0, models_1.withManualPattern)(backbone, pattern.manual)];
                    path = (0, config_1.besideConfig)(file, pattern.file);
                    return [4 /*yield*/, (0, files_1.readText)(path).catch(function (error) {
                            throw new config_1.ConfigError("".concat(file, ": model.pattern.file: ").concat(error.message), { cause: error });
                        })];
                case 1:
                    text = _c.sent();
                    return [2 /*return*/, __assign(__assign({}, backbone), { conv: { kind: 'inception', pattern: (0, inception_conv_1.parsePattern)(text, { file: path }) } })];
            }
        });
    });
}
