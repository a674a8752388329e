// Requests to the server; one that gets no answer is answered by a sentence, like any other failure.

export async function request(path, options) {
  try {
    return await fetch(path, options);
  } catch {
    return new Response("The server does not answer; try again when it is back.", { status: 503 });
  }
}
