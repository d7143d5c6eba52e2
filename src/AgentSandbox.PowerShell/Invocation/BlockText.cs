using System.Management.Automation;
using System.Management.Automation.Language;

namespace AgentSandbox.PowerShell.Invocation;

/// <summary>Makes the text of a script out of a script block and its arguments.</summary>
internal static class BlockText
{
    /// <summary>Makes the text.</summary>
    /// <param name="block">The block.</param>
    /// <param name="arguments">Its arguments, which it gets as strings.</param>
    /// <returns>A script that runs the block with its standard input as pipeline input.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.InvalidSpecification"/>: the block has <c>$using:</c> in it, which nobody there could fill in.</exception>
    public static string Of(ScriptBlock block, IEnumerable<string> arguments)
    {
        if (block.Ast.Find(static node => node is UsingExpressionAst, searchNestedScriptBlocks: true) is { } found)
        {
            throw new SandboxException(
                SandboxErrorId.InvalidSpecification,
                $"The script block uses {found.Extent.Text}; variables of this session are not taken into a sandbox.",
                "Pass the value with -ArgumentList and take it with param().",
                found.Extent.Text);
        }

        IEnumerable<string> quoted = arguments.Select(static argument => $" '{CodeGeneration.EscapeSingleQuotedStringContent(argument)}'");
        return $"$input | & {{{block}\n}}{string.Concat(quoted)}";
    }
}
