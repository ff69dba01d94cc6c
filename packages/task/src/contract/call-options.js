"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.checkCallOptions = checkCallOptions;
exports.checkCount = checkCount;
var tensor_ops_1 = require("@icconv/tensor-ops");
/** @param verb - for messages: `detect`. @throws {@link InvalidArgumentError} */
function checkCallOptions(verb, _a) {
    var _b = _a.scoreThreshold, scoreThreshold = _b === void 0 ? 0 : _b, _c = _a.batchSize, batchSize = _c === void 0 ? 1 : _c, _d = _a.onError, onError = _d === void 0 ? 'throw' : _d;
    if (!(scoreThreshold >= 0 && scoreThreshold <= 1)) {
        throw new tensor_ops_1.InvalidArgumentError(verb, 'scoreThreshold', scoreThreshold, 'a number from 0 to 1');
    }
    checkCount(verb, 'batchSize', batchSize);
    if (onError !== 'throw' && onError !== 'report') {
        throw new tensor_ops_1.InvalidArgumentError(verb, 'onError', onError, '"throw" or "report"');
    }
}
/** @throws {@link InvalidArgumentError} */
function checkCount(verb, name, value) {
    if (Number.isInteger(value) && value >= 1)
        return;
    throw new tensor_ops_1.InvalidArgumentError(verb, name, value, 'a whole number of at least 1');
}
