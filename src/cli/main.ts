#!/usr/bin/env node
// Nothing else is imported before the version is known: an older Node would fail on the first module with a stack trace.
const [major = 0] = process.versions.node.split('.').map(Number);

if (major < 24) {
  process.stderr.write(
    `quotascope needs Node.js 24 or newer; this is ${process.version}. Run it through npm in its checkout, or install Node 24.\n`,
  );
  process.exitCode = 2;
} else {
  const { main } = await import('./program.ts');
  await main(process.argv);
}
