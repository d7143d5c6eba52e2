using System.Collections;
using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Management.Automation.Language;
using System.Text;

namespace AgentSandbox.PowerShell.Remoting;

/// <summary>The values of a script block's <c>$using:</c> variables, as PowerShell's own remoting sends them.</summary>
internal static class UsingValues
{
    /// <summary>Name of the parameter that carries them: one that nobody can declare.</summary>
    public const string Parameter = "--%";

    /// <summary>Takes the values from the caller's scope.</summary>
    /// <param name="block">The block.</param>
    /// <param name="caller">The cmdlet whose caller's variables are meant.</param>
    /// <returns>Value by key; null when the block uses none.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.InvalidSpecification"/>: there is no such variable.</exception>
    public static Hashtable? Read(ScriptBlock block, PSCmdlet caller)
    {
        Hashtable? values = null;
        foreach (UsingExpressionAst expression in block.Ast.FindAll(static node => node is UsingExpressionAst, searchNestedScriptBlocks: true).Cast<UsingExpressionAst>())
        {
            values ??= [];
            values[Key(expression)] = Value(expression, caller);
        }

        return values;
    }

    /// <summary>As PowerShell's GetUsingExpressionKey has it: a variable's name has no case; where there is a member or an index, the text may have.</summary>
    private static string Key(UsingExpressionAst expression)
    {
        string text = expression.ToString();
        text = expression.SubExpression is VariableExpressionAst ? text.ToLowerInvariant() : text;
        return Convert.ToBase64String(Encoding.Unicode.GetBytes(text));
    }

    private static object? Value(UsingExpressionAst expression, PSCmdlet caller)
    {
        Ast root = expression.SubExpression;
        while (root is MemberExpressionAst or IndexExpressionAst)
        {
            root = root is MemberExpressionAst member ? member.Expression : ((IndexExpressionAst)root).Target;
        }

        if (root is not VariableExpressionAst variable || (!variable.VariablePath.IsDriveQualified && caller.SessionState.PSVariable.Get(variable.VariablePath.UserPath) is null))
        {
            throw new SandboxException(
                SandboxErrorId.InvalidSpecification,
                $"The script block uses {expression.Extent.Text}, and there is no such variable here.",
                "Set the variable before, or pass the value with -ArgumentList and take it with param().",
                expression.Extent.Text);
        }

        if (ReferenceEquals(root, expression.SubExpression) && !variable.VariablePath.IsDriveQualified)
        {
            return caller.SessionState.PSVariable.GetValue(variable.VariablePath.UserPath);
        }

        // $using:a.b[0] or $using:env:PATH: text of the caller's own script, run in the caller's own scope.
        string text = expression.SubExpression.Extent.Text;
        text = text.StartsWith("$using:", StringComparison.OrdinalIgnoreCase) ? "$" + text["$using:".Length..] : text;
        Collection<PSObject> results = caller.SessionState.InvokeCommand.InvokeScript(false, ScriptBlock.Create(text), null, null);
        return results.Count switch { 0 => null, 1 => results[0], _ => results.ToArray() };
    }
}
