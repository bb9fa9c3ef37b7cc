'use strict';

// Preloaded into every Node process of these tests (NODE_OPTIONS=--require). Three things that a test needs and no option of the programs gives:
// names below MCPTUNNEL_TEST_DOMAIN lead to this machine, as a DNS wildcard would; what is asked of them over plain HTTP goes over HTTPS (the
// conformance suite's http-header-validation speaks plain HTTP whatever its URL says); and servers listen on loopback alone, on a free port
// that they report in a line "listening on PORT".

const dns = require('node:dns');
const http = require('node:http');
const https = require('node:https');
const net = require('node:net');
const { syncBuiltinESMExports } = require('node:module');

const loopback = '127.0.0.1';
const domain = process.env.MCPTUNNEL_TEST_DOMAIN;

if (domain) {
  const isTest = (name) => String(name).endsWith('.' + domain);

  const lookup = dns.lookup;
  dns.lookup = (name, options, callback) => {
    if (!isTest(name)) {
      return lookup(name, options, callback);
    }

    const done = callback ?? options;
    const all = callback !== undefined && typeof options === 'object' && options?.all === true;
    process.nextTick(() => (all ? done(null, [{ address: loopback, family: 4 }]) : done(null, loopback, 4)));
  };

  const request = http.request;
  http.request = (...args) => (isTest(args[0]?.hostname) ? https.request(...args) : request(...args));
}

const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (...args) {
  if (!/^\d+$/.test(String(args[0]))) {
    return listen.apply(this, args);
  }

  this.once('listening', () => console.log(`listening on ${this.address().port}`));
  return listen.call(this, Number(args[0]), loopback, args.find((argument) => typeof argument === 'function'));
};

syncBuiltinESMExports();
