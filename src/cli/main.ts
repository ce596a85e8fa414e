#!/usr/bin/env node
/** The program `vigia`. */
import { runCommandLine } from './program.ts';

// `vigia watch | head`: the reader closed the pipe, which is not a failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

const { stdin, stdout, stderr, env } = process;
process.exitCode = await runCommandLine(process.argv.slice(2), { stdin, stdout, stderr, env });
