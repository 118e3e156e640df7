/**
 * node:http without importing it: an `import` reads every export of a builtin module, and one of these, WebSocket, is a
 * getter that loads undici. That cost each start, of the step and of the executor, 25 ms.
 */
export const http = process.getBuiltinModule('node:http');
