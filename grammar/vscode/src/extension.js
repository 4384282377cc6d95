// Starts `segdsl lsp` for .seg files and models, and shows what its commands write.
const vscode = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

async function activate() {
  const command = vscode.workspace.getConfiguration("segdsl").get("command") || "segdsl";
  const server = { command, args: ["lsp"] };
  client = new LanguageClient("segdsl", "segdsl", server, {
    documentSelector: [{ language: "segdsl" }, { pattern: "**/segdsl.yaml" }],
    synchronize: { fileEvents: vscode.workspace.createFileSystemWatcher("**/{*.seg,segdsl.yaml}") },
    middleware: {
      // run, explain and SQL look at files, so these are saved first; what they write opens beside the text
      async executeCommand(name, args, next) {
        await vscode.workspace.saveAll(false);
        const found = await next(name, args);
        if (found && found.text) {
          const document = await vscode.workspace.openTextDocument({
            content: found.text,
            language: found.language || "plaintext",
          });
          await vscode.window.showTextDocument(document, vscode.ViewColumn.Beside, true);
        }
        return found;
      },
    },
  });
  try {
    await client.start();
  } catch (error) {
    vscode.window.showErrorMessage(
      `\`${command} lsp\` does not start. \`pip install 'segdsl[lsp]'\` brings it, the setting segdsl.command names it.`,
    );
  }
}

function deactivate() {
  return client && client.stop();
}

module.exports = { activate, deactivate };
