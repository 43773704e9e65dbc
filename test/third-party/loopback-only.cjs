/*
 * Preloaded (`node --require`) into servers that have no option for the address they listen on: a relay that forwards to
 * any host must not be open to the network while a test runs. Touches nothing but the address.
 */
const { Server } = require('node:net');

const listen = Server.prototype.listen;

Server.prototype.listen = function listenOnLoopback(...args) {
  const [first] = args;
  if (typeof first === 'object' && first !== null) return listen.call(this, { ...first, host: '127.0.0.1' }, ...args.slice(1));
  const callback = args.find((argument) => typeof argument === 'function');
  return listen.call(this, { port: Number(first ?? 0), host: '127.0.0.1' }, callback);
};
