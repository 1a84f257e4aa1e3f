// Ends with 0 when the server in this container answers that it lives: the image's health check. An outage of the
// database that the server gets over by itself is not a reason to restart it, and /health says 200 then.
const port = process.env.PORT || '8000';

try {
  const response = await fetch(`http://127.0.0.1:${port}/health`, { signal: AbortSignal.timeout(4_000) });
  console.log(await response.text());
  process.exitCode = response.ok ? 0 : 1;
} catch (error) {
  console.error(error.cause?.message ?? error.message);
  process.exitCode = 1;
}
