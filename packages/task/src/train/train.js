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
exports.trainTask = trainTask;
/** Trains the network of a task with the loop of `@icconv/training`, and leaves a folder that can be opened. */
var node_path_1 = require("node:path");
var files_1 = require("@icconv/base/files");
var models_1 = require("@icconv/models");
var training_1 = require("@icconv/training");
var node_1 = require("@icconv/training/node");
var tfjs_core_1 = require("@tensorflow/tfjs-core");
var yaml_1 = require("yaml");
var bind_1 = require("../data/bind");
var evaluate_1 = require("../evaluate/evaluate");
var model_folder_1 = require("../model/model-folder");
var local_runner_1 = require("../run/local-runner");
var curves_1 = require("./curves");
var start_from_1 = require("./start-from");
/**
 * Trains. The folder holds the model (`model.json`, best and final weights), what made it (`config.yaml`), the checkpoint to go on from,
 * `results.csv`, curves as pictures and for TensorBoard.
 *
 * @throws as `trainLoop`; InvalidArgumentError where data, network and recipe do not fit; CocoError where nothing is left to learn from, or
 *   to score; CheckpointError, before anything is changed, for a folder that holds another run.
 */
function trainTask(task, options) {
    return __awaiter(this, void 0, void 0, function () {
        var model, recipe, folder, evaluation, start, data, settings, weights, loaded, _a, pretrained, result;
        var _b, _c, _d, _e, _f, _g;
        return __generator(this, function (_h) {
            switch (_h.label) {
                case 0:
                    model = options.model, recipe = options.recipe, folder = options.folder, evaluation = options.evaluation, start = options.start;
                    task.inference.check(__assign({}, evaluation), model);
                    (_c = (_b = task.training).check) === null || _c === void 0 ? void 0 : _c.call(_b, model, recipe);
                    data = (0, bind_1.bindTrainingData)(task, model, options);
                    (_d = options.onData) === null || _d === void 0 ? void 0 : _d.call(options, data);
                    (0, bind_1.requireTrainingData)(data);
                    settings = settingsOf(task, options);
                    if (!(folder !== undefined)) return [3 /*break*/, 2];
                    return [4 /*yield*/, beginFolder(task, folder, options, settings)];
                case 1:
                    _h.sent();
                    _h.label = 2;
                case 2:
                    weights = (_e = options.weights) !== null && _e !== void 0 ? _e : task.weights.init(model.config, { seed: (_f = recipe.seed) !== null && _f !== void 0 ? _f : 0 });
                    _h.label = 3;
                case 3:
                    _h.trys.push([3, , 10, 11]);
                    if (!(start === undefined)) return [3 /*break*/, 4];
                    _a = [];
                    return [3 /*break*/, 6];
                case 4: return [4 /*yield*/, (0, start_from_1.startFrom)(task, weights, model.config, start, options)];
                case 5:
                    _a = _h.sent();
                    _h.label = 6;
                case 6:
                    loaded = _a;
                    pretrained = __spreadArray(__spreadArray([], ((_g = options.pretrained) !== null && _g !== void 0 ? _g : []), true), loaded, true);
                    return [4 /*yield*/, runLoop(task, __assign(__assign({}, options), { weights: weights, pretrained: pretrained }), data, settings)];
                case 7:
                    result = _h.sent();
                    if (!(folder !== undefined)) return [3 /*break*/, 9];
                    return [4 /*yield*/, (0, curves_1.writeTrainingCurves)(folder, result.rows, folder)];
                case 8:
                    _h.sent();
                    _h.label = 9;
                case 9: return [2 /*return*/, result];
                case 10:
                    if (options.weights === undefined)
                        (0, tfjs_core_1.dispose)(weights);
                    return [7 /*endfinally*/];
                case 11: return [2 /*return*/];
            }
        });
    });
}
function runLoop(task_1, options_1, _a, settings_1) {
    return __awaiter(this, arguments, void 0, function (task, options, _b, settings) {
        var model, recipe, folder, pretrained, workers, _c, onUnreadable, _d, tolerateDamage, source, loader, parts, optimizer, fromRecipe;
        var _e, _f;
        var train = _b.train, val = _b.val;
        return __generator(this, function (_g) {
            switch (_g.label) {
                case 0:
                    model = options.model, recipe = options.recipe, folder = options.folder, pretrained = options.pretrained, workers = options.workers, _c = options.onUnreadable, onUnreadable = _c === void 0 ? 'stop' : _c, _d = options.tolerateDamage, tolerateDamage = _d === void 0 ? false : _d;
                    source = task.data.samples(train, recipe);
                    loader = (0, node_1.createLoader)(__assign(__assign({ source: source, batchSize: recipe.batchSize, seed: (_e = recipe.seed) !== null && _e !== void 0 ? _e : 0, onUnreadable: onUnreadable, decode: { tolerateDamage: tolerateDamage } }, (workers !== undefined && { workers: workers })), task.training.loader(model, recipe, source)));
                    parts = (0, models_1.trainableParts)(model.config.backbone, task.weights.backbonePrefix, recipe);
                    optimizer = task.training.optimizer(recipe);
                    fromRecipe = (0, training_1.recipeOptions)(recipe, loader.batchesPerEpoch);
                    _g.label = 1;
                case 1:
                    _g.trys.push([1, , 3, 5]);
                    return [4 /*yield*/, (0, node_1.trainLoop)(__assign(__assign(__assign(__assign(__assign(__assign(__assign({}, options), (folder !== undefined && { settings: settings })), { loader: loader, optimizer: optimizer }), fromRecipe), { freezing: { trainable: parts.trainable, pretrained: pretrained }, step: function (current, batch, _a) {
                                var random = _a.random;
                                return task.training.step(current, batch, model, __assign(__assign({}, parts), { random: random }));
                            } }), (val !== undefined && {
                            evaluate: function (current) { return evaluateWeights(task, current, val, options); },
                            best: { metric: task.evaluation.best },
                        })), { saveWeights: function (path, current) { return task.weights.save(path, current, model.config); } }))];
                case 2: return [2 /*return*/, _g.sent()];
                case 3:
                    (_f = fromRecipe.ema) === null || _f === void 0 ? void 0 : _f.dispose();
                    optimizer.dispose();
                    return [4 /*yield*/, loader.close()];
                case 4:
                    _g.sent();
                    return [7 /*endfinally*/];
                case 5: return [2 /*return*/];
            }
        });
    });
}
/** As `evaluateOn` of the folder that the training leaves. */
function evaluateWeights(task_1, weights_1, data_1, _a) {
    return __awaiter(this, arguments, void 0, function (task, weights, data, _b) {
        var runner, how, _c, _d;
        var model = _b.model, evaluation = _b.evaluation, _e = _b.onUnreadable, onUnreadable = _e === void 0 ? 'stop' : _e, _f = _b.tolerateDamage, tolerateDamage = _f === void 0 ? false : _f, signal = _b.signal;
        return __generator(this, function (_g) {
            switch (_g.label) {
                case 0:
                    runner = (0, local_runner_1.localRunner)(task, model, weights);
                    how = __assign(__assign({}, (evaluation !== undefined && { options: evaluation })), (signal !== undefined && { signal: signal }));
                    _g.label = 1;
                case 1:
                    _g.trys.push([1, , 3, 5]);
                    _d = (_c = task.evaluation).metrics;
                    return [4 /*yield*/, (0, evaluate_1.evaluateOn)(task, runner, data, __assign({ onUnreadable: onUnreadable, tolerateDamage: tolerateDamage }, how))];
                case 2: return [2 /*return*/, _d.apply(_c, [_g.sent()])];
                case 3: return [4 /*yield*/, runner.dispose()];
                case 4:
                    _g.sent();
                    return [7 /*endfinally*/];
                case 5: return [2 /*return*/];
            }
        });
    });
}
function settingsOf(task, _a) {
    var model = _a.model, recipe = _a.recipe, evaluation = _a.evaluation, train = _a.train, val = _a.val;
    var data = __assign({ train: (0, bind_1.describeData)(train) }, (val !== undefined && { val: (0, bind_1.describeData)(val) }));
    return { model: task.model.toJson(model), recipe: recipe, evaluation: evaluation, data: data };
}
/** The folder's description and configuration, after a look at whether the run may have it. */
function beginFolder(task, folder, options, settings) {
    return __awaiter(this, void 0, void 0, function () {
        var _a, resume, _b, allowChanges, model, recipe, evaluation, configuration, changes, given;
        var _c;
        return __generator(this, function (_d) {
            switch (_d.label) {
                case 0:
                    _a = options.resume, resume = _a === void 0 ? false : _a, _b = options.allowChanges, allowChanges = _b === void 0 ? false : _b, model = options.model, recipe = options.recipe, evaluation = options.evaluation, configuration = options.configuration;
                    return [4 /*yield*/, (0, node_1.checkRun)(folder, { resume: resume, allowChanges: allowChanges, settings: settings })];
                case 1:
                    changes = _d.sent();
                    if (changes.length > 0)
                        (_c = options.onNote) === null || _c === void 0 ? void 0 : _c.call(options, "resumed with other settings:\n  ".concat(changes.join('\n  ')));
                    return [4 /*yield*/, (0, files_1.makeFolder)(folder)];
                case 2:
                    _d.sent();
                    return [4 /*yield*/, (0, model_folder_1.writeModel)(task, folder, model)];
                case 3:
                    _d.sent();
                    given = __assign(__assign(__assign({}, task.model.toJson(model)), { recipe: recipe }), (evaluation !== undefined && { evaluation: evaluation }));
                    return [4 /*yield*/, (0, files_1.writeAtomically)((0, node_path_1.join)(folder, 'config.yaml'), configuration !== null && configuration !== void 0 ? configuration : (0, yaml_1.stringify)(given))];
                case 4:
                    _d.sent();
                    return [2 /*return*/];
            }
        });
    });
}
