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
Object.defineProperty(exports, "__esModule", { value: true });
exports.chosenBackbone = chosenBackbone;
var models_1 = require("@icconv/models");
var checkpoint_epsilon_1 = require("../zoo/checkpoint-epsilon");
/** @param weights - the checkpoint: of published ones the epsilon is known. */
function chosenBackbone(_a, weights_1, reading_1) {
    return __awaiter(this, arguments, void 0, function (_b, weights, reading) {
        var plain, full, given, epsilon, _c, _d;
        var backbone = _b.backbone, pattern = _b.pattern, batchNormEpsilon = _b.batchNormEpsilon;
        return __generator(this, function (_e) {
            switch (_e.label) {
                case 0:
                    plain = typeof backbone === 'number' ? (0, models_1.resnetConfig)(backbone) : backbone;
                    full = pattern === undefined ? plain : __assign(__assign({}, plain), { conv: { kind: 'inception', pattern: pattern } });
                    given = batchNormEpsilon !== null && batchNormEpsilon !== void 0 ? batchNormEpsilon : full.batchNormEpsilon;
                    if (!(given !== null && given !== void 0)) return [3 /*break*/, 1];
                    _c = given;
                    return [3 /*break*/, 5];
                case 1:
                    if (!(typeof weights === 'string')) return [3 /*break*/, 3];
                    return [4 /*yield*/, (0, checkpoint_epsilon_1.checkpointEpsilon)(weights, reading)];
                case 2:
                    _d = _e.sent();
                    return [3 /*break*/, 4];
                case 3:
                    _d = undefined;
                    _e.label = 4;
                case 4:
                    _c = (_d);
                    _e.label = 5;
                case 5:
                    epsilon = _c;
                    return [2 /*return*/, epsilon === undefined ? full : __assign(__assign({}, full), { batchNormEpsilon: epsilon })];
            }
        });
    });
}
