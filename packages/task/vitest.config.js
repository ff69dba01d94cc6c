"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
var vitest_preset_1 = require("@icconv/vitest-preset");
exports.default = (0, vitest_preset_1.preset)();
