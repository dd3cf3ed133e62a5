// An operation as a command for a shell.

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

// The path with an example in place of each parameter.
export function example_path(operation) {
  return operation.path.replace(/\{(\w+)\}/g, (whole, name) => {
    const parameter = operation.parameters.find((each) => each.in === 'path' && each.name === name);
    return encodeURIComponent(parameter?.example ?? name);
  });
}

export function curl_of(operation, body) {
  const streams = operation.responses.some((response) => response.content?.['text/event-stream']);
  const parts = [`curl ${streams ? '-N ' : ''}${location.origin}${example_path(operation)}`];
  if (operation.method !== 'GET' && body === undefined) parts[0] = parts[0].replace('curl ', `curl -X ${operation.method} `);
  if (!operation.is_open) parts.push('-H "x-api-key: $PARLANCE_KEY"');
  for (const parameter of operation.parameters) {
    const is_shown = parameter.in === 'header' && parameter.example !== undefined;
    if (is_shown) parts.push(`-H ${quoted(`${parameter.name}: ${parameter.example}`)}`);
  }
  if (body !== undefined) {
    parts.push(`-H 'content-type: application/json'`);
    parts.push(`-d ${quoted(JSON.stringify(body, null, 2))}`);
  }
  return parts.join(' \\\n  ');
}
