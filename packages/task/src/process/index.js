"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.RemoteExitError = exports.RemoteError = exports.createRemote = void 0;
var remote_1 = require("./remote");
Object.defineProperty(exports, "createRemote", { enumerable: true, get: function () { return remote_1.createRemote; } });
Object.defineProperty(exports, "RemoteError", { enumerable: true, get: function () { return remote_1.RemoteError; } });
Object.defineProperty(exports, "RemoteExitError", { enumerable: true, get: function () { return remote_1.RemoteExitError; } });
