"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.fileName = void 0;
exports.findRow = findRow;
exports.rowOfFile = rowOfFile;
/** Rows by name, and by the file. */
var node_path_1 = require("node:path");
var tensor_ops_1 = require("@icconv/tensor-ops");
var fastest_levenshtein_1 = require("fastest-levenshtein");
/**
 * A checkpoint by its name.
 *
 * @param noun - what it is to be: `detector`.
 * @throws InvalidArgumentError for a name that is not there, with the nearest ones.
 */
function findRow(rows, name, noun) {
    var found = rows.find(function (row) { return row.name === name; });
    if (found !== undefined)
        return found;
    var near = rows
        .map(function (row) { return ({ name: row.name, edits: (0, fastest_levenshtein_1.distance)(row.name, name) }); })
        .sort(function (a, b) { return a.edits - b.edits; })
        .filter(function (_a, i) {
        var edits = _a.edits;
        return i < NEAR || edits <= name.length / 3;
    });
    var list = near.map(function (row) { return row.name; }).join(', ');
    throw new tensor_ops_1.InvalidArgumentError('model', 'name', name, "a ".concat(noun, "'s folder, or one of the zoo's, such as ").concat(list));
}
var NEAR = 3;
/** The row that a file on the disk is of, by the name that its publisher gave it. */
function rowOfFile(rows, path) {
    return rows.find(function (_a) {
        var file = _a.file;
        return 'url' in file && (0, exports.fileName)(file.url) === (0, node_path_1.basename)(path);
    });
}
var fileName = function (url) { return decodeURIComponent(new URL(url).pathname.split('/').at(-1)); };
exports.fileName = fileName;
