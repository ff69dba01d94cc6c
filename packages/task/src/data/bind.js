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
Object.defineProperty(exports, "__esModule", { value: true });
exports.bindData = bindData;
exports.reportOf = reportOf;
exports.bindTrainingData = bindTrainingData;
exports.requireTrainingData = requireTrainingData;
exports.describeData = describeData;
/** Data as a task sees it: which category each class is, what is learned and scored. */
var coco_1 = require("@icconv/coco");
var node_1 = require("@icconv/coco/node");
/** Categories that are given count; others are found. @throws InvalidArgumentError where data and network do not fit. */
function bindData(task, model, data, use, preferred) {
    var _a;
    var categoryIds = (_a = data.categoryIds) !== null && _a !== void 0 ? _a : task.data.categories(data.dataset, model, use, preferred);
    return __assign(__assign({}, data), { categoryIds: categoryIds });
}
/** What is used of bound data, and what is left out and why. */
function reportOf(_a, data, use) {
    var kind = _a.data.kind;
    var known = new Set(data.dataset.categories.map(function (_a) {
        var id = _a.id;
        return id;
    }));
    return (0, coco_1.dataReport)(data.dataset, __assign(__assign({ task: kind, use: use }, { categoryIds: data.categoryIds.filter(function (id) { return id !== undefined && known.has(id); }) }), (data.imageIds !== undefined && { imageIds: data.imageIds })));
}
/** @throws CocoError where nothing is left to learn from, or to score. */
function bindTrainingData(task, model, given) {
    var train = bindData(task, model, given.train, 'training');
    var val = given.val && bindData(task, model, given.val, 'evaluation', train.categoryIds);
    var reports = __assign({ train: reportOf(task, train, 'training') }, (val !== undefined && { val: reportOf(task, val, 'evaluation') }));
    return __assign(__assign({ train: train }, (val !== undefined && { val: val })), { reports: reports });
}
/** @throws CocoError */
function requireTrainingData(_a) {
    var reports = _a.reports;
    (0, coco_1.requireObjects)(reports.train, 'training data');
    if (reports.val !== undefined)
        (0, coco_1.requireObjects)(reports.val, 'validation data');
}
/** What is written down of data, for a run to know it again: with what is used of it, where that is not all. */
function describeData(_a) {
    var dataset = _a.dataset, imageIds = _a.imageIds, categoryIds = _a.categoryIds;
    return __assign(__assign(__assign({}, (0, node_1.describeDataset)(dataset)), (imageIds !== undefined && { imageIds: imageIds })), (categoryIds !== undefined && { categoryIds: categoryIds }));
}
