"use strict";
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
exports.byHand = byHand;
/** @param file - in the archive. @param name - of the file that is made of it. */
function byHand(name, file, pattern) {
    var steps = [
        'open https://github.com/yifan123/IC-Conv and follow the link to the model zoo in its README, on Google Drive or Baidu',
        "take ".concat(file, " out of the archive"),
        "look into it: icconv inspect ".concat(file),
    ];
    if (pattern === undefined)
        return { steps: steps };
    var folder = pattern.split('/')[0] === 'pose' ? 'human_pose' : 'detection';
    var figures = "pattern_zoo/".concat(folder, "/").concat(pattern.split('/')[1].replaceAll('-', '_'), ".json");
    return {
        steps: __spreadArray(__spreadArray([], steps, true), [
            "make one filter of each layer's branches, with the pattern from the same repository: icconv convert ".concat(file, " ").concat(name, ".safetensors --branches join --pattern ").concat(figures),
            "or load it as it is: its weights are found with the pattern '".concat(pattern, "' in the configuration"),
        ], false),
    };
}
